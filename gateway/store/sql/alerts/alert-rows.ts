/** Alerts as they are read. */
import { type RawBuilder, sql } from 'kysely';
import type { AlertKind } from '../../../../protocol/alert.ts';
import { VOTE_KINDS } from '../../../domain/alerts/counter-kinds.ts';
import type { AlertFilter, AlertRecord } from '../../alerts.ts';
import type { Queries } from '../sql-database.ts';

type Row = Omit<AlertRecord, 'kind' | 'isUrgent' | 'detail'> & {
  kind: string;
  urgent: number;
  detail: string;
};

export const alertsOn = (queries: Queries) =>
  queries
    .selectFrom('alerts as a')
    .innerJoin('units as u', 'u.key', 'a.unit_key')
    .select([
      ...(['a.key', 'a.id', 'a.kind', 'a.node', 'a.urgent', 'a.times', 'a.detail'] as const),
      'a.unit_key as unitKey',
      'u.id as unitId',
      'a.begin_at as begin',
      'a.last_at as last',
      'a.opened_at as openedAt',
      'a.acknowledged_at as acknowledgedAt',
      'a.acknowledged_by as acknowledgedBy',
      'a.closed_at as closedAt',
      'a.closed_by as closedBy',
      'a.closed_why as closedWhy',
    ]);

export const recordOf = ({ kind, urgent, detail, ...row }: Row): AlertRecord => ({
  ...row,
  kind: kind as AlertKind,
  isUrgent: urgent === 1,
  detail: JSON.parse(detail) as AlertRecord['detail'],
});

export async function listAlerts(
  queries: Queries,
  { states, kinds, unitKeys, heldBackKeys, before }: AlertFilter,
  limit: number,
): Promise<AlertRecord[]> {
  let found = alertsOn(queries).orderBy('a.key', 'desc').limit(limit);
  if (before !== undefined) found = found.where('a.key', '<', before);
  if (kinds) found = found.where('a.kind', 'in', [...kinds, '']);
  // A county has more units than a statement takes values.
  if (unitKeys) {
    const those = keysOf(unitKeys);
    found = found.where(sql<boolean>`(a.closed_at IS NULL AND ${STANDS} IN (${those})
      OR a.closed_at IS NOT NULL AND a.unit_key IN (${those}) AND (NOT ${OF_VOTES} OR ${STANDS} IN (${those})))`);
  }
  if (heldBackKeys)
    found = found.where(sql<boolean>`NOT (${OF_VOTES} AND a.unit_key IN (${keysOf(heldBackKeys)}))`);
  if (states)
    found = found.where(({ eb, or, and }) =>
      or(
        states.map((state) => {
          if (state === 'closed') return eb('a.closed_at', 'is not', null);
          const open = eb('a.closed_at', 'is', null);
          return and([open, eb('a.acknowledged_at', state === 'open' ? 'is' : 'is not', null)]);
        }),
      ),
    );
  return (await found.execute()).map(recordOf);
}

/** The unit of what it is about, now; of what is no more, the one in which it opened. */
const STANDS = sql`coalesce(
  (SELECT w.unit_key FROM windows w WHERE a.node LIKE 'window:%' AND w.id = substr(a.node, 8)),
  (SELECT w.unit_key FROM terminals t JOIN windows w ON w.key = t.window_key WHERE a.node LIKE 'terminal:%' AND t.id = substr(a.node, 10)),
  (SELECT n.key FROM units n WHERE a.node LIKE 'unit:%' AND n.id = substr(a.node, 6)), a.unit_key)`;
const OF_VOTES = sql`a.kind IN (${sql.join(VOTE_KINDS.map((kind) => sql.lit(kind)))})`;

/** Whole numbers, written out. */
const keysOf = (keys: readonly number[]): RawBuilder<unknown> =>
  sql.raw([-1, ...keys.map((key) => Math.trunc(key))].join());
