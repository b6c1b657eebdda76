/** What live scores are made of. */
import { MINUTE_MS, QUARTER_MS } from '../../domain/calendar.ts';
import type { RatingCode } from '../../domain/tally.ts';
import type { VerdictCode } from '../ledger.ts';
import type { Includes, ScoreParts, ScoreReads } from '../scores.ts';
import { IN_EXCLUSION, LAST_VOTES, votesOfRollups } from '../sql/ledger-terms.ts';
import { type CursorOptions, openReading } from './cursor.ts';
import { readRollups } from './rollups.ts';

/** @param select with its numbers in it */
export type SelectRows = <R extends object>(select: string) => AsyncIterable<R>;

type Last = { windowKey: number; lastAt: number };
type Minute = {
  minute: number;
  windowKey: number;
  rating: RatingCode;
  excluded: boolean;
  verdict: VerdictCode;
  votes: number;
};
type Counted = {
  quarter: number;
  windowKey: number;
  satisfied: number;
  basically: number;
  unsatisfied: number;
};

export function scoreParts(select: SelectRows): ScoreParts {
  return {
    async lastVotes() {
      const last: Last[] = [];
      const rows = select<Last>(LAST_VOTES);
      for await (const row of rows) last.push(row);
      return last;
    },
    async *minutes(fromMs) {
      const rows = select<Minute>(
        `SELECT v.at / ${MINUTE_MS} AS minute, v.window_key AS "windowKey", v.rating, ${IN_EXCLUSION} AS excluded, v.verdict, count(*) AS votes
         FROM (${votesOfRollups(`r.quarter >= ${Math.floor(fromMs / QUARTER_MS)} AND v.at >= ${fromMs}`)}) v GROUP BY 1, 2, 3, 4, 5`,
      );
      for await (const { minute, ...row } of rows) yield { minuteStart: minute * MINUTE_MS, ...row };
    },
    async *excluded(fromMs) {
      const rows = select<Counted>(
        `SELECT quarter, window_key AS "windowKey", sum(satisfied)::int8 AS satisfied, sum(basically)::int8 AS basically,
           sum(unsatisfied)::int8 AS unsatisfied
         FROM excluded WHERE quarter >= ${Math.floor(fromMs / QUARTER_MS)} GROUP BY quarter, window_key ORDER BY quarter, window_key`,
      );
      for await (const { quarter, windowKey, satisfied, basically, unsatisfied } of rows)
        yield {
          quarterStart: quarter * QUARTER_MS,
          windowKey,
          counts: [satisfied, basically, unsatisfied],
        };
    },
    async *discounted(fromMs) {
      const rows = select<Counted & { verdict: VerdictCode }>(
        `SELECT quarter, window_key AS "windowKey", verdict, sum(satisfied)::int8 AS satisfied, sum(basically)::int8 AS basically,
           sum(unsatisfied)::int8 AS unsatisfied
         FROM discounted WHERE quarter >= ${Math.floor(fromMs / QUARTER_MS)}
         GROUP BY quarter, window_key, verdict ORDER BY quarter, window_key, verdict`,
      );
      for await (const { quarter, windowKey, verdict, satisfied, basically, unsatisfied } of rows)
        yield {
          quarterStart: quarter * QUARTER_MS,
          windowKey,
          verdict,
          counts: [satisfied, basically, unsatisfied],
        };
    },
    rollups: (fromMs) => readRollups(select, fromMs),
  };
}

/** All parts in one transaction, as the first of them finds the database. */
export function createScoreReads(options: CursorOptions): ScoreReads {
  return {
    async asOf(read) {
      const reading = await openReading(options, 'REPEATABLE READ');
      try {
        const [moment] = await all(
          reading.rows<{ snapshot: string }>('SELECT pg_current_snapshot()::text AS snapshot'),
        );
        const includes = includesOf(moment?.snapshot ?? '');
        return { found: await read(scoreParts(reading.rows)), includes };
      } finally {
        await reading.close();
      }
    },
  };
}

/**
 * @param snapshot `xmin:xmax:xip,…`: what is below xmin has ended, what is from xmax on has not begun, and between them all but those
 * listed has ended (PostgreSQL, "pg_snapshot components").
 */
export function includesOf(snapshot: string): Includes {
  const [xmin = '0', xmax = '0', underWay = ''] = snapshot.split(':');
  const [ended, begun] = [BigInt(xmin), BigInt(xmax)];
  const open = new Set(underWay.split(','));
  return (commit) => {
    const id = BigInt(commit);
    return id < ended || (id < begun && !open.has(commit));
  };
}

async function all<R>(rows: AsyncIterable<R>): Promise<R[]> {
  const found: R[] = [];
  for await (const row of rows) found.push(row);
  return found;
}
