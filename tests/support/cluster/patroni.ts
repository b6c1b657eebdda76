/** Database nodes with docs/operations/patroni.yml: PostgreSQL, and Patroni that starts, leads and promotes it. */
import { accessSync, constants } from 'node:fs';
import { findBinaries } from '../../../scripts/postgres/programs.ts';
import type { Requirement } from '../prerequisites.ts';
import { asMachine, documented, replaceWords } from './documented.ts';
import type { Network } from './network.ts';
import { createServerProcess, ownFile, ownFolder, type ServerProcess } from './server-process.ts';

const PROGRAM = '/usr/bin/patroni';

export const PATRONI: Requirement = {
  name: 'Patroni',
  howToGetIt: 'apt-get install patroni python3-etcd',
  isThere() {
    try {
      accessSync(PROGRAM, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  },
};

/** What Patroni says of its node: `primary`, `synchronous` (its primary's commits wait for it), `asynchronous`. */
export type Role = 'primary' | 'synchronous' | 'asynchronous';

export type DatabaseNode = ServerProcess & {
  readonly name: string;
  readonly host: string;
  readonly dataDir: string;
  readonly configFile: string;
  /** Does it have this role now? No while it does not answer. */
  is(role: Role): Promise<boolean>;
  /** Of its own server, past any balancer; as the superuser where nobody else is named. */
  address(database: string, user?: string): string;
};

export function createNode(network: Network, parent: string, number: number): DatabaseNode {
  const folder = ownFolder(parent, `db${number}`);
  const socket = ownFolder(folder, 'socket');
  const own = /^name:|listen:|connect_address:/;
  const text = asMachine(documented('patroni.yml'), number, (line) => own.test(line));
  const config = replaceWords(text, {
    '/var/lib/postgresql/15/manyi': `${folder}/data`,
    '/var/lib/postgresql/patroni.pgpass': `${folder}/pgpass`,
    '/var/run/postgresql': socket,
    '/usr/lib/postgresql/15/bin': findBinaries() ?? '',
  });
  const file = ownFile(folder, 'config.yml', network.translate(config));
  const host = network.address(10 + number);
  const passwordOf = (user: string) =>
    new RegExp(`username: ${user}\n\\s+password: (\\S+)`).exec(config)?.[1];
  return {
    ...createServerProcess({ folder, command: PROGRAM, args: [file], on: { network, machine: 10 + number } }),
    name: `db${number}`,
    host,
    dataDir: `${folder}/data`,
    configFile: file,
    async is(role) {
      try {
        const url = `http://${host}:${network.port(8008)}/${role}`;
        return (await fetch(url, { signal: AbortSignal.timeout(1_000) })).ok;
      } catch {
        return false;
      }
    },
    address: (database, user = 'postgres') =>
      `postgresql://${user}:${passwordOf(user)}@${host}:${network.port(5432)}/${database}`,
  };
}
