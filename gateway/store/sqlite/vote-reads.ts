/** Votes read back, on SQLite. */
import type { VoteReads } from '../votes.ts';
import type { Exclusive } from './exclusive.ts';
import { exportPages } from './export.ts';
import { inStretches } from './stretches.ts';
import type { VoteTables } from './tables.ts';

/** A row a window or terminal and quarter: of a whole city, some ten thousand in an hour. */
const AN_HOUR = 4;
/** What is excluded is little. */
const A_MONTH = 96 * 31;

export function createVoteReads(tables: VoteTables, exclusive: Exclusive, file: string): VoteReads {
  return {
    lastVotes: () => exclusive(() => tables.lastVotes()),
    minutes: (fromMs) =>
      inStretches({
        ...{ tables, exclusive, fromMs, atOnce: 1 },
        read: (quarters) => tables.minutesWithin(quarters, fromMs),
      }),
    excluded: (fromMs) =>
      inStretches({ tables, exclusive, fromMs, atOnce: A_MONTH, read: tables.excludedWithin }),
    discounted: (fromMs) =>
      inStretches({ tables, exclusive, fromMs, atOnce: A_MONTH, read: tables.discountedWithin }),
    storedSince: (fromMs) =>
      inStretches({ tables, exclusive, fromMs, atOnce: AN_HOUR, read: tables.storedWithin }),
    newestVotes: (windows, limit) => exclusive(() => tables.newestVotes(windows, limit)),
    exportVotes: (fromMs, toMs, windowKeys) => exportPages(file, fromMs, toMs, windowKeys),
    setAside: (limit) => exclusive(() => tables.setAside(limit)),
  };
}
