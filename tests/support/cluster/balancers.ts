/** HAProxy with docs/operations: one beside each gateway leads to the primary, one leads terminals to gateways. */
import { connect } from 'node:net';
import type { TestGateway } from '../gateway.ts';
import { until } from '../wait.ts';
import { documented, replaceWords } from './documented.ts';
import { freePort, type Network } from './network.ts';
import {
  createServerProcess,
  ownFile,
  ownFolder,
  type ServerProcess,
  type ServerProgram,
} from './server-process.ts';

export type Balancer = Omit<ServerProcess, 'start'> & {
  readonly host: string;
  readonly port: number;
  /** Resolves when it listens. */
  start(): Promise<void>;
};

const PROGRAM = '/usr/sbin/haproxy';

type Place = { host: string; port: number; on?: ServerProgram['on'] };

export async function startBalancer(
  folder: string,
  config: string,
  { host, port, on }: Place,
): Promise<Balancer> {
  const file = ownFile(folder, 'haproxy.cfg', config);
  const args = ['-db', '-f', file];
  const server = createServerProcess({ folder, command: PROGRAM, args, ...(on && { on }) });
  const start = async () => {
    server.start();
    await until('HAProxy to listen', () => {
      if (!server.isRunning()) throw new Error(`it has ended:\n${server.log()}`);
      return isTaken(host, port);
    });
  };
  await start();
  return { ...server, start, host, port };
}

const isTaken = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, host);
    socket.once('error', () => resolve(false)).once('connect', () => resolve(true));
    socket.once('connect', () => socket.destroy());
  });

/** The one on the machine of gateway `number`; where that is one apart, its gateway comes from outside. */
export async function startDatabaseBalancer(network: Network, parent: string, number: number) {
  const port = await freePort();
  const machine = 20 + number;
  const host = network.within ? network.address(machine) : '127.0.0.1';
  const config = replaceWords(documented('haproxy-database.cfg'), { '127.0.0.1:5432': `${host}:${port}` });
  const folder = ownFolder(parent, `database-balancer${number}`);
  const on = { network, machine };
  return startBalancer(folder, network.translate(config), { host, port, on });
}

export type Ports = Pick<TestGateway, 'mqttPort' | 'httpPort'>;

/** Leads to these gateways at `host`, the first two of which are the documented ones. */
export function terminalsConfig(gateways: readonly Ports[], host: string): string {
  const lines = documented('haproxy-terminals.cfg').split('\n');
  const [pattern] = lines.filter((line) => line.includes('server gateway1'));
  if (pattern === undefined) throw new Error('docs/operations/haproxy-terminals.cfg has no gateway1');
  const servers = gateways.map(({ mqttPort, httpPort }, at) =>
    replaceWords(pattern, {
      gateway1: `gateway${at + 1}`,
      '10.20.0.21:18883': `${host}:${mqttPort}`,
      'port 8080': `port ${httpPort}`,
    }),
  );
  const rest = lines.filter((line) => !/^\s+server gateway/.test(line)).join('\n');
  const config = replaceWords(rest, { 'maxconn 20000': 'maxconn 2000' });
  return `${config.trimEnd()}\n${servers.join('\n')}\n`;
}

export async function startTerminalBalancer(parent: string, gateways: readonly Ports[]): Promise<Balancer> {
  const [host, port] = ['127.0.0.1', await freePort()];
  const config = replaceWords(terminalsConfig(gateways, host), {
    'bind :8883': `bind ${host}:${port}`,
    'bind 127.0.0.1:8404': `bind 127.0.0.1:${await freePort()}`,
  });
  return startBalancer(ownFolder(parent, 'terminal-balancer'), config, { host, port });
}
