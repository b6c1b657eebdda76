/** HAProxy with docs/operations: one beside each gateway leads to the primary, one leads terminals to gateways. */
import { connect } from 'node:net';
import type { TestGateway } from '../gateway.ts';
import { until } from '../wait.ts';
import { documented, replaceWords } from './documented.ts';
import { freePort, type Network } from './network.ts';
import { createServerProcess, ownFile, ownFolder, type ServerProcess } from './server-process.ts';

export type Balancer = Omit<ServerProcess, 'start'> & {
  readonly port: number;
  /** Resolves when it listens. */
  start(): Promise<void>;
};

const PROGRAM = '/usr/sbin/haproxy';

async function startBalancer(folder: string, config: string, port: number): Promise<Balancer> {
  const file = ownFile(folder, 'haproxy.cfg', config);
  const server = createServerProcess({ folder, command: PROGRAM, args: ['-db', '-f', file] });
  const start = async () => {
    server.start();
    await until('HAProxy to listen', () => {
      if (!server.isRunning()) throw new Error(`it has ended:\n${server.log()}`);
      return isTaken(port);
    });
  };
  await start();
  return { ...server, start, port };
}

const isTaken = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve(false)).once('connect', () => resolve(true));
    socket.once('connect', () => socket.destroy());
  });

/** The one on the machine of gateway `number`. */
export async function startDatabaseBalancer(network: Network, parent: string, number: number) {
  const port = await freePort();
  const config = replaceWords(documented('haproxy-database.cfg'), { '127.0.0.1:5432': `127.0.0.1:${port}` });
  const folder = ownFolder(parent, `database-balancer${number}`);
  return startBalancer(folder, network.translate(config), port);
}

/** Leads to these gateways, the first two of which are the documented ones. */
export async function startTerminalBalancer(
  parent: string,
  gateways: readonly Pick<TestGateway, 'mqttPort' | 'httpPort'>[],
): Promise<Balancer> {
  const port = await freePort();
  const lines = documented('haproxy-terminals.cfg').split('\n');
  const [pattern] = lines.filter((line) => line.includes('server gateway1'));
  if (pattern === undefined) throw new Error('docs/operations/haproxy-terminals.cfg has no gateway1');
  const servers = gateways.map(({ mqttPort, httpPort }, at) =>
    replaceWords(pattern, {
      gateway1: `gateway${at + 1}`,
      '10.20.0.21:18883': `127.0.0.1:${mqttPort}`,
      'port 8080': `port ${httpPort}`,
    }),
  );
  const rest = lines.filter((line) => !/^\s+server gateway/.test(line)).join('\n');
  const config = replaceWords(rest, {
    'bind :8883': `bind 127.0.0.1:${port}`,
    'maxconn 20000': 'maxconn 2000',
  });
  const folder = ownFolder(parent, 'terminal-balancer');
  return startBalancer(folder, `${config.trimEnd()}\n${servers.join('\n')}\n`, port);
}
