/** Moves on what is folded, step by step, and never in the way of a commit. */
import { sql } from 'kysely';
import { MINUTE_MS, QUARTER_MS } from '../../../domain/calendar.ts';
import type { HistoryFolding } from '../../history.ts';
import type { Queries } from '../sql-database.ts';
import { foldLate, foldQuarters, lockState, ROWS_AT_ONCE } from './fold.ts';
import type { PlaceBook } from './place-book.ts';

export type FoldingDeps = {
  /** Reads, of what is committed. */
  queries: Queries;
  places: PlaceBook;
  /** In a transaction whose statements see one moment, and their own rows; another one that has folded meanwhile makes it fail. */
  inOneMoment<T>(act: (queries: Queries) => Promise<T>): Promise<T>;
  /** In a transaction beside which no vote is stored. */
  holdingVotes<T>(act: (queries: Queries) => Promise<T>): Promise<T>;
};

/** Votes come within seconds: what comes later than that is noted, and folded by itself. */
const GRACE_MS = 5 * MINUTE_MS;
/** Clocks of gateways differ by less: what lies further ahead was folded by a wrong one. */
const AHEAD_QUARTERS = 4;
/** After a stretch with little, a night say, the next is twice as long; after an empty month it is asked where something follows. */
const SHORTEST = 16;
const LONGEST = 4_096;

const quarterOf = (at: number) => Math.max(0, Math.floor(at / QUARTER_MS));

export function createFolding({ queries, places, inOneMoment, holdingVotes }: FoldingDeps): HistoryFolding {
  let stretch = LONGEST;
  let wasEmpty = true;
  const targetAt = (now: number) => quarterOf(now - GRACE_MS);
  return {
    async isDue(now) {
      const target = targetAt(now);
      const { rows } = await sql<{ isDue: number }>`
        SELECT CASE WHEN folded_until < ${target} OR late_before < ${target} OR late_before > ${target + AHEAD_QUARTERS}
          OR EXISTS (SELECT 1 FROM history_late WHERE quarter < folded_until) THEN 1 ELSE 0 END AS "isDue"
        FROM history_state`.execute(queries);
      return rows[0]?.isDue === 1;
    },
    async fold(now) {
      const target = targetAt(now);
      await aim(target, queries, holdingVotes);
      return inOneMoment(async (tx) => {
        const { foldedUntil, lateBefore, writtenUntil } = await lockState(tx);
        const where = await places(tx);
        const late = await foldLate(tx, where, foldedUntil);
        const limit = Math.min(target, lateBefore);
        if (foldedUntil >= limit) return told(foldedUntil, target, late);
        const isGap = wasEmpty && stretch === LONGEST;
        const length = isGap ? await emptyFrom(tx, foldedUntil, limit) : stretch;
        const span = { from: foldedUntil, end: Math.min(limit, foldedUntil + length) };
        const { end, rows } = await foldQuarters(tx, where, span, writtenUntil);
        if (isGap) stretch = rows > 0 ? SHORTEST : LONGEST;
        else stretch = rows < ROWS_AT_ONCE ? Math.min(LONGEST, stretch * 2) : Math.max(SHORTEST, stretch / 2);
        wasEmpty = rows === 0;
        return told(end, target, late + rows);
      });
    },
  };
}

const told = (until: number, target: number, rows: number) => ({
  ...{ until: until * QUARTER_MS, target: target * QUARTER_MS, rows },
});

/** So many quarters of an hour have nothing; or a few, where there is something in them. */
async function emptyFrom(queries: Queries, from: number, limit: number): Promise<number> {
  const next = await queries
    .selectFrom('rollups')
    .select('quarter')
    .where('quarter', '>=', from)
    .orderBy('quarter')
    .limit(1)
    .executeTakeFirst();
  return next === undefined ? limit - from : Math.max(SHORTEST, next.quarter - from);
}

/** From here on whatever is written of an earlier quarter of an hour is noted: what is folded after that misses nothing. */
async function aim(
  target: number,
  queries: Queries,
  holdingVotes: FoldingDeps['holdingVotes'],
): Promise<void> {
  const { late_before } = await queries
    .selectFrom('history_state')
    .select('late_before')
    .executeTakeFirstOrThrow();
  if (late_before >= target && late_before <= target + AHEAD_QUARTERS) return;
  await holdingVotes((tx) =>
    sql`UPDATE history_state SET late_before = ${target},
        folded_until = CASE WHEN folded_until > ${target} THEN ${target} ELSE folded_until END
      WHERE late_before < ${target} OR late_before > ${target + AHEAD_QUARTERS}`.execute(tx),
  );
}
