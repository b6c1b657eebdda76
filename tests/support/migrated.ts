/** Databases with today's schema: it is made once in a cluster, and copied. */
import { migrate } from '../../gateway/store/postgres/migrate.ts';
import type { Cluster } from './postgres.ts';

const templates = new WeakMap<Cluster, Promise<string>>();

async function makeTemplate(cluster: Cluster): Promise<string> {
  const name = await cluster.createDatabase();
  await migrate({ address: cluster.primary.address(name) });
  return name;
}

/** @returns the address of a new one. */
export async function createMigrated(cluster: Cluster): Promise<string> {
  const template = templates.get(cluster) ?? makeTemplate(cluster);
  templates.set(cluster, template);
  return cluster.primary.address(await cluster.createDatabase(await template));
}
