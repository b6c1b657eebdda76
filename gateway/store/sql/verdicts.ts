/** Judging what is stored, in SQL that both databases understand. */
import { sql } from 'kysely';
import { QUARTER_MS } from '../../domain/calendar.ts';
import type { Corrected, VerdictCode } from '../ledger.ts';
import type { Judging, PressSpan, StoredPress, VerdictStore } from '../verdicts.ts';
import { DiscountedBatch } from './discounted-batch.ts';
import { IN_EXCLUSION } from './ledger-terms.ts';
import { chunksOf, writeRows } from './review/rows.ts';
import type { Queries, SqlDatabase } from './sql-database.ts';

/** In one go: no vote is stored meanwhile. */
const VOTES_AT_ONCE = 2_000;
const SPANS_AT_ONCE = 200;
/** Of a longer span the first part that has votes is judged, and the rest waits. */
const LONGEST_MS = 6 * 3_600_000;
const QUARTERS_AT_ONCE = 500;

type Waiting = { key: number; windowKey: number; from: number; to: number };
type Found = Omit<StoredPress, 'isPlaced'> & { isPlaced: 0 | 1; isExcluded: 0 | 1 };
type Change = { vote: Found; verdict: VerdictCode };

export function createVerdictStore(database: SqlDatabase): VerdictStore {
  return {
    async isWaiting() {
      const row = await database.queries.selectFrom('unjudged').select('key').limit(1).executeTakeFirst();
      return row !== undefined;
    },
    judge: (by) =>
      database.transaction(async (queries) => {
        await database.holdVotes(queries);
        const { versions } = await queries
          .selectFrom('rule_versions')
          .select(({ fn }) => fn.countAll<number>().as('versions'))
          .executeTakeFirstOrThrow();
        if (Number(versions) !== by.versions())
          return { isStale: true, commit: null, corrected: [], votes: 0 };
        const changes: (Change & { windowKey: number })[] = [];
        let votes = 0;
        for (const waiting of await waitingOf(queries)) {
          if (votes >= VOTES_AT_ONCE) break;
          const { windowKey } = waiting;
          const part = await firstPartOf(queries, waiting);
          if (part !== null) {
            const judged = await judgeSpan(queries, by, windowKey, part);
            votes += judged.votes;
            for (const change of judged.changes) changes.push({ ...change, windowKey });
          }
          await settle(queries, waiting, part?.to ?? waiting.to);
        }
        const corrected = await correct(queries, changes);
        const commit = corrected.length > 0 ? await database.commitId(queries) : null;
        return { isStale: false, commit, corrected, votes };
      }),
  };
}

const waitingOf = (queries: Queries): Promise<Waiting[]> =>
  queries
    .selectFrom('unjudged')
    .select(['key', 'window_key as windowKey', 'from_at as from', 'to_at as to'])
    .orderBy('key')
    .limit(SPANS_AT_ONCE)
    .execute();

/** As many quarters of an hour that have votes as are judged in one go; null where there are none. */
async function firstPartOf(queries: Queries, { windowKey, from, to }: Waiting): Promise<PressSpan | null> {
  if (to - from <= LONGEST_MS) return { from, to };
  const { rows } = await sql<{ quarter: number; votes: number }>`
    SELECT quarter, cast(sum(satisfied + basically + unsatisfied) as integer) AS votes FROM rollups
    WHERE window_key = ${windowKey} AND quarter BETWEEN ${Math.floor(from / QUARTER_MS)} AND ${Math.floor(to / QUARTER_MS)}
    GROUP BY quarter ORDER BY quarter LIMIT ${QUARTERS_AT_ONCE}`.execute(queries);
  const [first] = rows;
  if (!first) return null;
  let last = first.quarter;
  let votes = 0;
  for (const row of rows) {
    if (votes > 0 && votes + row.votes > VOTES_AT_ONCE) break;
    votes += row.votes;
    last = row.quarter;
  }
  return {
    from: Math.max(from, first.quarter * QUARTER_MS),
    to: Math.min(to, (last + 1) * QUARTER_MS - 1),
  };
}

/** What waits of it is what is after `judgedTo`. */
async function settle(queries: Queries, { key, to }: Waiting, judgedTo: number): Promise<void> {
  if (judgedTo >= to) await queries.deleteFrom('unjudged').where('key', '=', key).execute();
  else
    await queries
      .updateTable('unjudged')
      .set({ from_at: judgedTo + 1 })
      .where('key', '=', key)
      .execute();
}

async function judgeSpan(
  queries: Queries,
  by: Judging,
  windowKey: number,
  span: PressSpan,
): Promise<{ votes: number; changes: Change[] }> {
  const { affected, needed } = by.reachOf(windowKey, span);
  const found = await pressesWithin(queries, windowKey, needed);
  const verdicts = by.verdictsOf(
    windowKey,
    found.map(({ isPlaced, isExcluded: _, ...press }) => ({ ...press, isPlaced: isPlaced === 1 })),
  );
  const changes: Change[] = [];
  found.forEach((vote, index) => {
    const verdict = verdicts[index] as VerdictCode;
    if (vote.at >= affected.from && vote.at <= affected.to && vote.verdict !== verdict)
      changes.push({ vote, verdict });
  });
  return { votes: found.length, changes };
}

/** A rollup names the stretch of its journal that holds its votes; the press time decides. */
async function pressesWithin(queries: Queries, windowKey: number, { from, to }: PressSpan): Promise<Found[]> {
  const { rows } = await sql<Found>`
    SELECT v.source_key AS "journalKey", s.terminal_key AS "terminalKey", v.seq, v.channel, v.rating, v.at, v.clock,
      CASE WHEN d.seq IS NULL THEN 0 ELSE 1 END AS "isPlaced", b.boot, v.mono, v.verdict,
      CASE WHEN ${sql.raw(IN_EXCLUSION)} THEN 1 ELSE 0 END AS "isExcluded"
    FROM rollups r
    JOIN votes v ON v.source_key = r.source_key AND v.seq BETWEEN r.first_seq AND r.last_seq
      AND v.window_key = r.window_key AND v.at / ${sql.raw(String(QUARTER_MS))} = r.quarter
    JOIN sources s ON s.key = v.source_key JOIN boots b ON b.key = v.boot_key
    LEFT JOIN datings d ON d.source_key = v.source_key AND d.seq = v.seq
    WHERE r.window_key = ${windowKey}
      AND r.quarter BETWEEN ${Math.floor(from / QUARTER_MS)} AND ${Math.floor(to / QUARTER_MS)}
      AND v.at BETWEEN ${from} AND ${to}
    ORDER BY v.at, v.source_key, v.seq`.execute(queries);
  return rows;
}

async function correct(
  queries: Queries,
  changes: readonly (Change & { windowKey: number })[],
): Promise<Corrected[]> {
  // Two spans of one window may reach the same vote: what was found last is what holds, and was found of the same votes.
  const latest = [...new Map(changes.map((one) => [`${one.vote.journalKey}/${one.vote.seq}`, one])).values()];
  if (latest.length === 0) return [];
  const sums = new DiscountedBatch();
  for (const { vote, verdict, windowKey } of latest)
    if (vote.isExcluded === 0) {
      sums.add({ ...vote, windowKey }, vote.verdict, -1);
      sums.add({ ...vote, windowKey }, verdict);
    }
  for (const some of chunksOf(latest)) {
    const rows = some.map(
      ({ vote, verdict }) => sql`(cast(${vote.journalKey} as bigint), ${vote.seq}, ${verdict})`,
    );
    await sql`
      UPDATE votes SET verdict = cast(judged.column3 as integer) FROM (VALUES ${sql.join(rows)}) AS judged
      WHERE votes.source_key = judged.column1 AND votes.seq = cast(judged.column2 as integer)`.execute(
      queries,
    );
  }
  await addDiscounted(queries, sums);
  return latest.map(({ vote: { rating, at, verdict: from, isExcluded }, verdict: to, windowKey }) => ({
    ...{ windowKey, rating, at, from, to },
    excluded: isExcluded === 1,
  }));
}

async function addDiscounted(queries: Queries, sums: DiscountedBatch): Promise<void> {
  const rows = sums
    .values()
    .map(({ journalKey, quarter, windowKey, verdict, counts }) => [
      ...[journalKey, quarter, windowKey, verdict],
      ...counts,
    ]);
  await writeRows(
    queries,
    rows,
    (values) => sql`
      INSERT INTO discounted AS kept (source_key, quarter, window_key, verdict, satisfied, basically, unsatisfied)
      VALUES ${values} ON CONFLICT (source_key, quarter, window_key, verdict) DO UPDATE SET
        satisfied = kept.satisfied + excluded.satisfied,
        basically = kept.basically + excluded.basically,
        unsatisfied = kept.unsatisfied + excluded.unsatisfied`,
  );
  const journals = [...new Set(sums.values().map(({ journalKey }) => journalKey))];
  for (const some of chunksOf(journals))
    await queries
      .deleteFrom('discounted')
      .where('source_key', 'in', some)
      .where('satisfied', '=', 0)
      .where('basically', '=', 0)
      .where('unsatisfied', '=', 0)
      .execute();
}
