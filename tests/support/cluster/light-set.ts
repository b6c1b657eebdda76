/** A primary and one synchronous standby without anything that watches over them: whoever tests is what promotes. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Server, startCluster } from '../postgres.ts';
import { startTcpProxy } from '../tcp-proxy.ts';
import type { Databases } from './databases.ts';

export type LightSet = Databases & {
  database: string;
  primary: Server;
  standby: Server;
  /** The standby is the primary from now on, and every door leads to it. */
  promote(): Promise<void>;
  dispose(): Promise<void>;
};

const DATABASE = 'manyi';
const SUPERUSER = 'manyi';

export async function startLightSet(): Promise<LightSet> {
  const folder = mkdtempSync(join(tmpdir(), 'manyi-light-'));
  chmodSync(folder, 0o755);
  const cluster = await startCluster({ standby: true });
  const { primary } = cluster;
  const standby = cluster.standby as Server;
  let leading = primary;
  return {
    ...{ folder, database: DATABASE, primary, standby },
    async door() {
      const proxy = await startTcpProxy(() => leading.socketPath);
      return {
        address: `postgresql://${SUPERUSER}@127.0.0.1:${proxy.port}/${DATABASE}`,
        async kill() {
          proxy.refuse();
          proxy.cut('rst');
        },
        start: async () => proxy.heal(),
      };
    },
    primaryAddress: async () => leading.address(DATABASE),
    async afresh() {
      await leading.sql('postgres', `DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`);
      await leading.sql('postgres', `CREATE DATABASE ${DATABASE} TEMPLATE template0`);
    },
    logs: () => '',
    async promote() {
      leading = standby;
      await standby.sql('postgres', 'SELECT pg_promote()');
    },
    async dispose() {
      await cluster.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
