/** How many votes a tree has a day, by its own. */
import type { ScoreBook } from '../domain/score-book.ts';
import { addCounts, emptyCounts, votesIn } from '../domain/tally.ts';
import type { RecentVotes } from './alert-rules.ts';

/** Of `7d`, those that are whole. */
const WHOLE_DAYS = 6;

/** The mean of the last six days; where there were no votes then, of today so far. @param book of the votes that count */
export const recentVotesOf =
  (book: () => Promise<Pick<ScoreBook, 'counts'>>, now: () => number): RecentVotes =>
  async (windowKeys) => {
    const counted = await book();
    const [week, today] = [emptyCounts(), emptyCounts()];
    for (const key of windowKeys) {
      addCounts(week, counted.counts(key, '7d', now()));
      addCounts(today, counted.counts(key, 'today', now()));
    }
    const votes = votesIn(week);
    const before = votes - votesIn(today);
    return {
      votesADay: before > 0 ? before / WHOLE_DAYS : votes,
      unsatisfiedShare: votes === 0 ? null : week.unsatisfied / votes,
    };
  };
