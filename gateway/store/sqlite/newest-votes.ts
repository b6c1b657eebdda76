/** The newest votes of some windows, for a ticker that must not begin empty. */
import { QUARTER_MS } from '../../domain/calendar.ts';
import type { RecentVote } from '../votes.ts';
import type { Connection } from './database.ts';
import type { VoteTables } from './tables.ts';

/** From the newest vote back: what is older than that is no news, and a read must not hold up the votes that come in. */
const LOOK_BACK_QUARTERS = 4 * 24 * 3;

export function createNewestVotes(db: Connection): Pick<VoteTables, 'newestVotes'> {
  const selectRollups = db
    .prepare(
      'SELECT source_key, first_seq, last_seq FROM rollups WHERE quarter = ? AND window_key = ? ORDER BY last_at DESC LIMIT ?',
    )
    .raw();
  // Of one journal, later numbers are later presses: a reader that goes down from the last needs but a few.
  const selectVotes = db
    .prepare(
      `SELECT seq, rating, at, received_at FROM votes WHERE source_key = ? AND seq BETWEEN ? AND ? AND window_key = ?
         AND at / ${QUARTER_MS} = ? ORDER BY seq DESC LIMIT ?`,
    )
    .raw();

  return {
    newestVotes(windows, limit) {
      // A window whose own latest vote is older than that of `limit` others has none among the newest.
      const latest = [...windows].sort((a, b) => b.lastAt - a.lastAt).slice(0, limit);
      const newest = Math.floor((latest[0]?.lastAt ?? 0) / QUARTER_MS);
      const found: (RecentVote & { receivedAt: number })[] = [];
      for (let quarter = newest; quarter > newest - LOOK_BACK_QUARTERS && found.length < limit; quarter--) {
        for (const { windowKey, lastAt } of latest) {
          if (lastAt < quarter * QUARTER_MS) break;
          const rollups = selectRollups.all(quarter, windowKey, limit) as [number, number, number][];
          for (const [journalKey, firstSeq, lastSeq] of rollups) {
            const votes = selectVotes.all(journalKey, firstSeq, lastSeq, windowKey, quarter, limit);
            for (const [seq, rating, at, receivedAt] of votes as [number, 0 | 1 | 2, number, number][])
              found.push({ journalKey, seq, windowKey, rating, at, receivedAt });
          }
        }
      }
      return found
        .sort((a, b) => b.at - a.at || b.receivedAt - a.receivedAt)
        .slice(0, limit)
        .map(({ receivedAt: _, ...vote }) => vote);
    },
  };
}
