/** What units and windows were called and where they stood, through time, in SQL that both databases understand. */
import { sql } from 'kysely';
import { QUARTER_MS } from '../../domain/calendar.ts';
import type { OrgVersion } from '../../domain/org.ts';
import { unfoldFrom } from './history/repair.ts';
import { judgeMovedAgain } from './moved-votes.ts';
import type { Queries } from './sql-database.ts';

type Kind = OrgVersion['kind'];

/** As they stand now, in the columns of a version that holds for ever. */
const standing = (queries: Queries, kind: Kind) =>
  kind === 'unit'
    ? queries
        .selectFrom('units as n')
        .select([sql.lit('unit').as('kind'), 'n.key', 'n.parent_key', 'n.name', sql.lit(0).as('from_at')])
    : queries
        .selectFrom('windows as n')
        .select([
          sql.lit('window').as('kind'),
          'n.key',
          'n.unit_key as parent_key',
          'n.name',
          sql.lit(0).as('from_at'),
        ]);

/** A gateway of before there were versions adds none for what it adds to the tree. */
const unversioned = (queries: Queries, kind: Kind) =>
  standing(queries, kind).where(({ not, exists, selectFrom }) =>
    not(
      exists(
        selectFrom('org_versions as v')
          .select('v.key')
          .where('v.kind', '=', kind)
          .whereRef('v.key', '=', sql.ref('n.key')),
      ),
    ),
  );

/** The first version of a unit or window that has none. */
export async function beginVersions(queries: Queries, kind: Kind, id: string): Promise<void> {
  await queries
    .insertInto('org_versions')
    .columns(['kind', 'key', 'parent_key', 'name', 'from_at'])
    .expression(unversioned(queries, kind).where(sql.ref('n.id'), '=', id))
    .execute();
}

/**
 * Another place or name from now on, also in `units` or `windows`. What holds already from this quarter of an hour on, or from a later
 * one by a clock that was wrong, is replaced: the newest version is what stands in the tree.
 * @returns the moment from which it holds
 */
export async function addVersion(
  queries: Queries,
  kind: Kind,
  id: string,
  change: { parent_key: number | null } | { name: string },
  at: number,
): Promise<number> {
  await beginVersions(queries, kind, id);
  const { key } = await standing(queries, kind).where(sql.ref('n.id'), '=', id).executeTakeFirstOrThrow();
  const newest = await queries
    .selectFrom('org_versions')
    .select(['parent_key', 'name', 'from_at'])
    .where('kind', '=', kind)
    .where('key', '=', key)
    .orderBy('from_at', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow();
  const from_at = Math.max(newest.from_at, at - (at % QUARTER_MS));
  const next = { parent_key: newest.parent_key, name: newest.name, ...change };
  await queries
    .insertInto('org_versions')
    .values({ kind, key, from_at, ...next })
    .onConflict((conflict) => conflict.columns(['kind', 'key', 'from_at']).doUpdateSet(next))
    .execute();
  // By another gateway's clock it may be later already, and this folded by where things stood.
  await unfoldFrom(queries)(from_at);
  const { parent_key, name } = next;
  if (kind === 'unit')
    await queries.updateTable('units').set({ parent_key, name }).where('key', '=', key).execute();
  else
    await queries
      .updateTable('windows')
      .set({ name, ...(parent_key !== null && { unit_key: parent_key }) })
      .where('key', '=', key)
      .execute();
  if (parent_key !== newest.parent_key)
    await judgeMovedAgain(queries, kind, key, { from: from_at, to: Math.max(from_at, at) + QUARTER_MS });
  return from_at;
}

export async function versionsOn(queries: Queries): Promise<OrgVersion[]> {
  const rows = await queries
    .selectFrom('org_versions')
    .select(['kind', 'key', 'parent_key', 'name', 'from_at'])
    .unionAll(unversioned(queries, 'unit'))
    .unionAll(unversioned(queries, 'window'))
    .orderBy('kind')
    .orderBy('key')
    .orderBy('from_at')
    .execute();
  return rows.map(({ kind, key, parent_key, name, from_at }) => ({
    kind: kind as Kind,
    key,
    parentKey: parent_key,
    name,
    from: from_at,
  }));
}
