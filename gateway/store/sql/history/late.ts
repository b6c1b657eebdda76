/** What is written of quarters of an hour that are folded already, or are just being: added to what is read until it is folded too. */
import { sql } from 'kysely';
import { chunksOf, insertNumbers } from '../review/rows.ts';
import type { Queries } from '../sql-database.ts';
import { ALL, EXCLUDED, type WindowSum } from './sums.ts';

/** In the transaction of what it is about, while no vote is stored beside it (`holdVotes`). @param sums negative for what is taken away */
export async function noteLate(queries: Queries, sums: readonly WindowSum[]): Promise<void> {
  if (sums.length === 0) return;
  const { late_before } = await queries
    .selectFrom('history_state')
    .select('late_before')
    .executeTakeFirstOrThrow();
  const late = sums.filter(
    ({ quarter, counts }) => quarter < late_before && counts.some((votes) => votes !== 0),
  );
  await insertNumbers(
    queries,
    'history_late (window_key, quarter, channel, part, satisfied, basically, unsatisfied)',
    late.map(({ windowKey, quarter, channel, part, counts }) => [
      ...[windowKey, quarter, channel, part],
      ...counts,
    ]),
  );
}

/** What of these journals `act` writes anew, and in which tables. */
export type Recounted = {
  journalKeys: readonly number[];
  tables: 'rollups' | 'left out';
  /** Nothing else of them is written. */
  which?: string;
};

/** Notes what is different after `act`. */
export async function notingLate(
  queries: Queries,
  recounted: Recounted,
  act: () => Promise<void>,
): Promise<void> {
  const before = await keptOf(queries, recounted);
  await act();
  const sums = new Map<string, WindowSum>();
  for (const [sign, kept] of [
    [-1, before],
    [1, await keptOf(queries, recounted)],
  ] as const)
    for (const { windowKey, quarter, channel, part, satisfied, basically, unsatisfied } of kept) {
      const name = `${windowKey}/${quarter}/${channel}/${part}`;
      const [a, b, c] = sums.get(name)?.counts ?? [0, 0, 0];
      const counts = [a + sign * satisfied, b + sign * basically, c + sign * unsatisfied] as const;
      sums.set(name, { windowKey, quarter, channel, part, counts });
    }
  await noteLate(queries, [...sums.values()]);
}

type Kept = {
  windowKey: number;
  quarter: number;
  channel: number;
  part: number;
  satisfied: number;
  basically: number;
  unsatisfied: number;
};

const COLUMNS = 'satisfied, basically, unsatisfied';
const SELECT = {
  rollups: (of: string) =>
    `SELECT window_key AS "windowKey", quarter, 0 AS channel, ${ALL} AS part, ${COLUMNS} FROM rollups WHERE ${of}`,
  'left out': (of: string) =>
    `SELECT window_key AS "windowKey", quarter, 0 AS channel, verdict AS part, ${COLUMNS} FROM discounted WHERE ${of}
     UNION ALL SELECT window_key, quarter, 0, ${EXCLUDED}, ${COLUMNS} FROM excluded WHERE ${of}
     UNION ALL SELECT window_key, quarter, channel, part, ${COLUMNS} FROM apart WHERE ${of}`,
};

async function keptOf(queries: Queries, { journalKeys, tables, which = '' }: Recounted): Promise<Kept[]> {
  const kept: Kept[] = [];
  for (const keys of chunksOf(journalKeys)) {
    const select = sql.raw<Kept>(SELECT[tables](`source_key IN (${keys.join(', ')}) ${which}`));
    for (const row of (await select.execute(queries)).rows) kept.push(row);
  }
  return kept;
}
