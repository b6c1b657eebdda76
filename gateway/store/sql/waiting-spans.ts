/** Spans that wait to be judged, and which part of them is next, in SQL that both databases understand. */
import { type RawBuilder, sql } from 'kysely';
import { QUARTER_MS } from '../../domain/calendar.ts';
import type { Backlog, Foreseen, PressSpan } from '../verdicts.ts';
import { chunksOf } from './review/rows.ts';
import type { Queries } from './sql-database.ts';
import { NoLongerSo } from './verdict-changes.ts';

/** In one go. */
export const VOTES_AT_ONCE = 4_000;
/** Of a longer span the first part that has votes is judged, and then the next. */
export const WHOLE_MS = 2 * QUARTER_MS;
export const QUARTERS_AT_ONCE = 1_000;
/** What has come late is judged before what people have set rules for: that is longer, and may be all there is. */
const LATE_MS = 6 * 3_600_000;
const LATE_AT_ONCE = 500;
const LONG_AT_ONCE = 50;

/** Spans of one window that are judged as one, because they reach the same votes. */
export type Waiting = PressSpan & {
  windowKey: number;
  spans: readonly { key: number; from: number; to: number }[];
};

export type WindowSpan = PressSpan & { windowKey: number };

/** As many quarters of an hour that have votes as are judged in one go, and how many votes that is. */
export type Part = PressSpan & { votes: number };

type Row = { key: number; windowKey: number; from: number; to: number };

const select = (queries: Queries) =>
  queries
    .selectFrom('unjudged')
    .select(['key', 'window_key as windowKey', 'from_at as from', 'to_at as to'])
    .orderBy('key');
const IS_LONG = sql<boolean>`to_at - from_at > ${sql.lit(LATE_MS)}`;
/** Long, and so far before a moment that it is worth while to look ahead: what is left of it after that is not. */
const isAhead = (before: number) => sql<boolean>`${IS_LONG} AND from_at < ${before - LATE_MS}`;
export const isFarBefore = (from: number, before: number): boolean => from < before - LATE_MS;

/** @param leaves what lies far before this moment */
export async function waitingOf(queries: Queries, leaves?: number): Promise<Waiting[]> {
  const late = await select(queries).where(sql<boolean>`NOT (${IS_LONG})`).limit(LATE_AT_ONCE).execute();
  const long = await select(queries)
    .where(IS_LONG)
    .$if(leaves !== undefined, (query) => query.where(sql<boolean>`NOT (${isAhead(leaves as number)})`))
    .limit(LONG_AT_ONCE)
    .execute();
  return [...together(late), ...long.map((row) => ({ ...row, spans: [row] }))];
}

/**
 * What lies far before a moment, up to there. `spans` are as they wait.
 * @param besides how many of them are no longer of interest
 */
export async function longBefore(queries: Queries, before: number, besides: number): Promise<Waiting[]> {
  const rows = await select(queries)
    .where(isAhead(before))
    .limit(LONG_AT_ONCE + besides)
    .execute();
  return rows.map((row) => ({ ...row, to: Math.min(row.to, before - 1), spans: [row] }));
}

export async function areWaiting(
  queries: Queries,
  before: number,
): Promise<{ now: boolean; ahead: boolean }> {
  const is = async (which: RawBuilder<boolean>) =>
    (await queries.selectFrom('unjudged').select('key').where(which).limit(1).executeTakeFirst()) !==
    undefined;
  return { now: await is(sql`NOT (${isAhead(before)})`), ahead: await is(isAhead(before)) };
}

/** Each of them would read its neighbours again. */
function together(rows: readonly Row[]): Waiting[] {
  const ofWindows = new Map<number, Row[]>();
  for (const row of rows) {
    const those = ofWindows.get(row.windowKey);
    if (those) those.push(row);
    else ofWindows.set(row.windowKey, [row]);
  }
  return [...ofWindows.values()].flatMap((those) => {
    const found: (Waiting & { spans: Row[] })[] = [];
    for (const row of those.sort((a, b) => a.from - b.from)) {
      const latest = found.at(-1);
      if (latest && row.from - latest.to <= QUARTER_MS) {
        latest.spans.push(row);
        latest.to = Math.max(latest.to, row.to);
      } else found.push({ windowKey: row.windowKey, from: row.from, to: row.to, spans: [row] });
    }
    return found;
  });
}

/** What waits of each is what is after `judgedTo`. */
export async function settle(
  queries: Queries,
  judged: readonly { waiting: Waiting; judgedTo: number }[],
): Promise<void> {
  const done = judged.flatMap(({ waiting, judgedTo }) => waiting.spans.filter(({ to }) => to <= judgedTo));
  for (const some of chunksOf(done))
    await queries
      .deleteFrom('unjudged')
      .where(
        'key',
        'in',
        some.map(({ key }) => key),
      )
      .execute();
  for (const { waiting, judgedTo } of judged)
    for (const { key, from, to } of waiting.spans)
      if (from <= judgedTo && to > judgedTo)
        await queries
          .updateTable('unjudged')
          .set({ from_at: judgedTo + 1 })
          .where('key', '=', key)
          .execute();
}

/** … where it waits still as it did. @throws NoLongerSo */
export async function settleForeseen(queries: Queries, spans: Foreseen['spans']): Promise<void> {
  for (const { key, from, to, judgedTo } of spans) {
    const as = { key, from_at: from, to_at: to };
    const settled =
      judgedTo >= to
        ? (
            await queries
              .deleteFrom('unjudged')
              .where((is) => is.and(as))
              .executeTakeFirst()
          ).numDeletedRows
        : (
            await queries
              .updateTable('unjudged')
              .set({ from_at: judgedTo + 1 })
              .where((is) => is.and(as))
              .executeTakeFirst()
          ).numUpdatedRows;
    if (settled !== 1n) throw new NoLongerSo('what waits');
  }
}

export async function countWaiting(queries: Queries): Promise<number> {
  const { waiting } = await queries
    .selectFrom('unjudged')
    .select(({ fn }) => fn.countAll<number>().as('waiting'))
    .executeTakeFirstOrThrow();
  return Number(waiting);
}

export async function backlogOf(queries: Queries): Promise<Backlog> {
  const { rows } = await sql<Backlog>`
    SELECT count(DISTINCT u.window_key) AS windows, coalesce(sum(
      (SELECT sum(r.satisfied + r.basically + r.unsatisfied) FROM rollups r WHERE r.window_key = u.window_key
        AND r.quarter BETWEEN u.from_at / ${sql.lit(QUARTER_MS)} AND u.to_at / ${sql.lit(QUARTER_MS)})), 0) AS votes
    FROM unjudged u`.execute(queries);
  const [{ windows, votes } = { windows: 0, votes: 0 }] = rows;
  return { windows: Number(windows), votes: Number(votes) };
}
