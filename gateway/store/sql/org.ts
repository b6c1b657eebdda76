/** The organisation tree, in SQL that both databases understand. */
import { sql } from 'kysely';
import type { OrgReads, OrgStore, OrgTx, TerminalRecord } from '../org.ts';
import { type AuditDeps, createChanges } from './changes.ts';
import { CLOCKS_APART_MS } from './noted.ts';
import { beginVersions, versionsOn } from './org-versions.ts';
import type { Queries, SqlDatabase } from './sql-database.ts';
import { treeChangesOn } from './tree-changes.ts';
import { keyOf, requireFree } from './tree-keys.ts';
import { dropTimeZone, setTimeZone, timeZonesOn } from './unit-zones.ts';
import { noteUnjudged } from './unjudged.ts';

export function createOrgStore(database: SqlDatabase, audit: AuditDeps): OrgStore {
  return {
    ...orgReads(database.queries),
    ...createChanges(database, audit, writesOn, 'held'),
    noteSeen: (seen, now) =>
      database.transaction(async (queries) => {
        const latest = [...new Map(seen.map(({ terminalKey, at }) => [terminalKey, at]))];
        for (let from = 0; from < latest.length; from += AT_ONCE)
          await noteSeen(queries, latest.slice(from, from + AT_ONCE), now);
      }),
  };
}

/** A province's terminals one by one would hold every other change up for seconds. */
const AT_ONCE = 100;

/** Both databases call the columns of such rows so; PostgreSQL takes them for text where nothing is said. */
async function noteSeen(
  queries: Queries,
  seen: readonly [terminalKey: number, at: number][],
  now: number,
): Promise<void> {
  const rows = seen.map(([terminalKey, at]) => sql`(cast(${terminalKey} as bigint), cast(${at} as bigint))`);
  await sql`
    update terminals set last_seen_at = seen.column2 from (values ${sql.join(rows)}) as seen
    where terminals.key = seen.column1 and (terminals.last_seen_at is null or terminals.last_seen_at < seen.column2
      or terminals.last_seen_at > cast(${now + CLOCKS_APART_MS} as bigint))`.execute(queries);
}

function orgReads(queries: Queries): OrgReads {
  return {
    units: () =>
      queries
        .selectFrom('units as u')
        .leftJoin('units as p', 'p.key', 'u.parent_key')
        .select(['u.key', 'u.id', 'p.id as parentId', 'u.name'])
        .orderBy('u.key')
        .execute(),
    windows: () =>
      queries
        .selectFrom('windows as w')
        .innerJoin('units as u', 'u.key', 'w.unit_key')
        .select(['w.key', 'w.id', 'u.id as unitId', 'w.name'])
        .orderBy('w.key')
        .execute(),
    terminals: () => terminalsOn(queries).orderBy('t.key').execute(),
    versions: () => versionsOn(queries),
    timeZones: () => timeZonesOn(queries),
  };
}

/** Terminals, beside the windows that they stand at. */
export function terminalsOn(queries: Queries) {
  return queries
    .selectFrom('terminals as t')
    .innerJoin('windows as w', 'w.key', 't.window_key')
    .select(['t.key', 't.id', 'w.id as windowId', 'w.key as windowKey', 't.last_seen_at as lastSeenAt'])
    .$castTo<TerminalRecord>();
}

function writesOn(queries: Queries): OrgTx {
  return {
    ...orgReads(queries),
    async addUnit({ id, parentId, name }) {
      await requireFree(queries, 'units', id);
      const parent_key = parentId === null ? null : await keyOf(queries, 'units', parentId);
      await queries.insertInto('units').values({ id, parent_key, name }).execute();
      await beginVersions(queries, 'unit', id);
    },
    async addWindow({ id, unitId, name }) {
      await requireFree(queries, 'windows', id);
      const unit_key = await keyOf(queries, 'units', unitId);
      await queries.insertInto('windows').values({ id, unit_key, name }).execute();
      await beginVersions(queries, 'window', id);
    },
    ...treeChangesOn(queries),
    setTimeZone: (zone) => setTimeZone(queries, zone),
    dropTimeZone: (zone) => dropTimeZone(queries, zone),
    judgeAgain: (spans) => noteUnjudged(queries, spans),
  };
}
