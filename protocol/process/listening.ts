/** Why a port cannot be listened on, with the settings that say where. */
import { HostFault } from './fault.ts';

export type Place = { host: string; port: number; hostSetting: string; portSetting: string };

/** Awaits a listening that may fail. @throws HostFault `port-taken`, `port-not-allowed`, `address-foreign`, `host-unknown`. */
export async function listenAt<T>(place: Place, listening: Promise<T>): Promise<T> {
  try {
    return await listening;
  } catch (error) {
    throw explain(place, error);
  }
}

function explain({ host, port, hostSetting, portSetting }: Place, cause: unknown): unknown {
  const fault = (code: string, message: string) => new HostFault(code, message, { cause });
  switch ((cause as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      return fault(
        'port-taken',
        `another program, or another gateway, listens on ${host}:${port}: end it, or set ${portSetting} to another port`,
      );
    case 'EACCES':
    case 'EPERM':
      return fault(
        'port-not-allowed',
        `this user may not listen on port ${port} (ports below 1024 are root's): set ${portSetting} to a port from 1024, or give the service CAP_NET_BIND_SERVICE`,
      );
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
      return fault(
        'address-foreign',
        `${host} is no address of this machine: set ${hostSetting} to one of its own, or to 0.0.0.0 for all of them`,
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_FAIL':
    case 'EAI_NODATA':
      return fault(
        'host-unknown',
        `nothing here knows the name ${host}: set ${hostSetting} to an address of this machine, or to 0.0.0.0 for all of them`,
      );
    default:
      return cause;
  }
}
