/**
 * What keeps commits and decisions about stored votes apart: commits share it, a decision has it alone. A lock of the tables would
 * do the same, and would wait for every vacuum.
 */
import { STORED_VOTES } from './advisory-locks.ts';

/** Held to the end of the transaction; who wants it alone is not overtaken by those who share it. */
export const SHARE_VOTES = `SELECT pg_advisory_xact_lock_shared(${STORED_VOTES})`;
export const HOLD_VOTES = `SELECT pg_advisory_xact_lock(${STORED_VOTES})`;

/**
 * Commits and judging look up a few thousand rows by their keys. A planner that holds so many keys against millions of votes would rather read
 * them all, with parallel workers, and does so from some size of the tables on, while no vote is stored. To the end of the transaction.
 */
export const BY_KEY = Object.entries({
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  max_parallel_workers_per_gather: '0',
})
  .map(([name, value]) => `set_config('${name}', '${value}', true)`)
  .join(', ');
export const SHARE_VOTES_BY_KEY = `${SHARE_VOTES}, ${BY_KEY}`;
export const HOLD_VOTES_BY_KEY = `${HOLD_VOTES}, ${BY_KEY}`;
