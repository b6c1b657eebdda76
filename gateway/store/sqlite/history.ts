/** Reading votes back: rollups for scores, the last while by the minute. */
import { MINUTE_MS, QUARTER_MS } from '../../domain/calendar.ts';
import type { RatingCode } from '../../domain/tally.ts';
import type { RollupRow, VerdictCode } from '../ledger.ts';
import { IN_EXCLUSION, LAST_VOTES, votesOfRollups } from '../sql/ledger-terms.ts';
import type { MinuteRow } from '../votes.ts';
import type { Connection } from './database.ts';
import type { LedgerTables, VoteTables } from './tables.ts';

type History = Omit<VoteTables, 'newestVotes' | 'setAside'> & Pick<LedgerTables, 'countStored'>;

export function createHistory(db: Connection): History {
  const selectWithin = db
    .prepare(`
    SELECT quarter, window_key, sum(satisfied), sum(basically), sum(unsatisfied), max(last_at)
    FROM rollups WHERE quarter >= @quarter AND quarter < @end GROUP BY quarter, window_key`)
    .raw();
  const selectExcluded = db
    .prepare(
      `SELECT quarter, window_key, sum(satisfied), sum(basically), sum(unsatisfied) FROM excluded
       WHERE quarter >= @quarter AND quarter < @end GROUP BY quarter, window_key`,
    )
    .raw();
  const selectDiscounted = db
    .prepare(
      `SELECT quarter, window_key, verdict, sum(satisfied), sum(basically), sum(unsatisfied) FROM discounted
       WHERE quarter >= @quarter AND quarter < @end GROUP BY quarter, window_key, verdict`,
    )
    .raw();
  const selectQuarter = db.prepare('SELECT min(quarter) FROM rollups WHERE quarter >= ?').pluck();
  const selectCounts = db
    .prepare(
      'SELECT coalesce(sum(rating = 0), 0), coalesce(sum(rating = 1), 0), coalesce(sum(rating = 2), 0) FROM votes WHERE source_key = ?',
    )
    .raw();
  const selectLast = db.prepare(LAST_VOTES);
  const selectMinutes = db
    .prepare(`
    SELECT v.at / ${MINUTE_MS}, v.window_key, v.rating, ${IN_EXCLUSION}, v.verdict, count(*)
    FROM (${votesOfRollups('r.quarter >= @quarter AND r.quarter < @end AND v.at >= @from')}) v
    GROUP BY 1, 2, 3, 4, 5`)
    .raw();
  const selectStored = db
    .prepare(`
    SELECT s.terminal_key, r.quarter, sum(r.satisfied + r.basically + r.unsatisfied)
    FROM rollups r JOIN sources s ON s.key = r.source_key
    WHERE r.quarter >= @quarter AND r.quarter < @end GROUP BY 1, 2`)
    .raw();

  return {
    quarterFrom: (quarter) => selectQuarter.get(quarter) as number | null,
    rollupsWithin: (quarters) => (selectWithin.all(quarters) as RawRollup[]).map(rollupOf),
    excludedWithin: (quarters) =>
      (selectExcluded.all(quarters) as RawRollup[]).map(([quarter, windowKey, ...[a, b, c]]) => ({
        quarterStart: quarter * QUARTER_MS,
        windowKey,
        counts: [a, b, c],
      })),
    discountedWithin: (quarters) =>
      (selectDiscounted.all(quarters) as RawDiscounted[]).map(([quarter, windowKey, verdict, ...counts]) => ({
        quarterStart: quarter * QUARTER_MS,
        windowKey,
        verdict,
        counts,
      })),
    minutesWithin: (quarters, from) =>
      (selectMinutes.all({ ...quarters, from }) as RawMinute[]).map(minuteOf),
    storedWithin: (quarters) =>
      (selectStored.all(quarters) as [number, number, number][]).map(([terminalKey, quarter, votes]) => ({
        terminalKey,
        quarterStart: quarter * QUARTER_MS,
        votes,
      })),
    countStored(journalKey) {
      const [satisfied, basically, unsatisfied] = selectCounts.get(journalKey) as [number, number, number];
      return { satisfied, basically, unsatisfied };
    },
    lastVotes: () => selectLast.all() as { windowKey: number; lastAt: number }[],
  };
}

type RawRollup = [
  quarter: number,
  windowKey: number,
  satisfied: number,
  basically: number,
  unsatisfied: number,
  lastAt: number,
];

function rollupOf([quarter, windowKey, a, b, c, lastAt]: RawRollup): RollupRow {
  return { quarterStart: quarter * QUARTER_MS, windowKey, counts: [a, b, c], lastAt };
}

type RawDiscounted = [
  quarter: number,
  windowKey: number,
  verdict: VerdictCode,
  satisfied: number,
  basically: number,
  unsatisfied: number,
];

type RawMinute = [
  minute: number,
  windowKey: number,
  rating: RatingCode,
  excluded: 0 | 1,
  verdict: VerdictCode,
  votes: number,
];

function minuteOf([minute, windowKey, rating, excluded, verdict, votes]: RawMinute): MinuteRow {
  return { minuteStart: minute * MINUTE_MS, windowKey, rating, excluded: excluded === 1, verdict, votes };
}
