/** The database of the full set: three nodes under Patroni, one of them synchronous, three etcd; what leads to the primary is a balancer's. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { reapBelow } from '../reaper.ts';
import { until } from '../wait.ts';
import { startDatabaseBalancer } from './balancers.ts';
import type { Databases } from './databases.ts';
import { documented } from './documented.ts';
import { createEtcd, type EtcdMember } from './etcd.ts';
import { databaseAddress } from './gateways.ts';
import { type Network, openNetwork } from './network.ts';
import { createNode, type DatabaseNode, type Role } from './patroni.ts';

export type DatabaseSet = Databases & {
  etcd: readonly EtcdMember[];
  nodes: readonly DatabaseNode[];
  /** The node that has the role now, or as soon as one has it. */
  having(role: Role, timeoutMs?: number): Promise<DatabaseNode>;
  /** Every node follows or leads, and commits wait for one. */
  whole(): Promise<void>;
  /** One statement on a node, as the superuser, in the gateways' database. */
  sql<R extends object>(node: DatabaseNode, text: string, database?: string): Promise<R[]>;
  dispose(): Promise<void>;
};

const NUMBERS = [1, 2, 3];
const DATABASE = 'manyi';
const LOG_SHOWN = 3_000;

async function follows(address: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: address, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  await client.connect();
  try {
    const { rows } = await client.query<{ follows: boolean }>('SELECT pg_is_in_recovery() AS follows');
    return rows[0]?.follows !== false;
  } finally {
    await client.end();
  }
}

/** @param network of the loopback device, if none is given */
export async function startDatabaseSet(given?: Network): Promise<DatabaseSet> {
  const folder = mkdtempSync(join(tmpdir(), 'manyi-set-'));
  // Its servers are other users'.
  chmodSync(folder, 0o755);
  const forget = reapBelow(folder);
  const network = given ?? (await openNetwork());
  const etcd = NUMBERS.map((number) => createEtcd(network, folder, number));
  const nodes = NUMBERS.map((number) => createNode(network, folder, number));

  const sql = async <R extends object>(node: DatabaseNode, text: string, database = DATABASE) => {
    const client = new pg.Client({
      connectionString: node.address(database),
      connectionTimeoutMillis: 2_000,
    });
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query<R>(text)).rows;
    } finally {
      await client.end();
    }
  };
  const having = (role: Role, timeoutMs = 60_000) =>
    until(
      `a node to be ${role}`,
      async () => {
        const are = await Promise.all(nodes.map((node) => node.is(role)));
        return nodes.find((_, at) => are[at]);
      },
      { timeoutMs, everyMs: 50 },
    );
  const whole = async () => {
    await until(
      'every node to follow the primary',
      async () => {
        for (const one of [...etcd, ...nodes])
          if (!one.isRunning()) throw new Error(`${one.name} does not run`);
        const primary = await having('primary');
        const rows = await sql<{ state: string }>(
          primary,
          `SELECT sync_state AS state FROM pg_stat_replication WHERE state = 'streaming'`,
          'postgres',
        );
        return rows.length === nodes.length - 1 && rows.some(({ state }) => state === 'sync');
      },
      { timeoutMs: 90_000, everyMs: 100 },
    );
    await having('synchronous');
  };
  /** HAProxy takes every node for the primary until it has asked it for the first time. */
  const leadsToPrimary = (address: string) =>
    until('a balancer to lead to the primary, and to nobody else', async () => {
      for (let connection = 0; connection < nodes.length; connection++)
        if (await follows(address)) return false;
      return true;
    });
  const logs = () =>
    [...etcd, ...nodes].map((one) => `== ${one.name}\n${one.log().slice(-LOG_SHOWN)}`).join('\n');
  const dispose = async () => {
    await Promise.all([...nodes, ...etcd].map((one) => one.kill()));
    forget();
    rmSync(folder, { recursive: true, force: true });
  };

  try {
    for (const one of [...etcd, ...nodes]) one.start();
    await whole();
    // Outside of a transaction each: a database cannot be made in one.
    for (const statement of documented('manyi.sql').split(/;\n/))
      if (/^[A-Z]/m.test(statement)) await sql(await having('primary'), statement, 'postgres');
    return {
      ...{ folder, etcd, nodes, having, whole, sql, logs, dispose },
      async door(number) {
        const balancer = await startDatabaseBalancer(network, folder, number);
        const address = databaseAddress(balancer);
        await leadsToPrimary(address);
        return {
          address,
          kill: balancer.kill,
          async start() {
            await balancer.start();
            await leadsToPrimary(address);
          },
        };
      },
      primaryAddress: async () => (await having('primary')).address(DATABASE),
      async afresh() {
        for (const one of [...etcd, ...nodes]) {
          one.resume();
          if (!one.isRunning()) one.start();
        }
        await whole();
        const primary = await having('primary');
        await sql(primary, `DROP DATABASE ${DATABASE} WITH (FORCE)`, 'postgres');
        const [, make] = /(CREATE DATABASE[^;]*);/.exec(documented('manyi.sql')) ?? [];
        await sql(primary, make as string, 'postgres');
      },
    };
  } catch (error) {
    const said = logs();
    await dispose();
    throw new Error(`the servers did not come up: ${String(error)}\n${said}`, { cause: error });
  }
}
