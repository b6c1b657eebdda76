/**
 * What keeps commits and decisions about stored votes apart: commits share it, a decision has it alone. A lock of the tables would
 * do the same, and would wait for every vacuum.
 */
import { STORED_VOTES } from './advisory-locks.ts';

/** Held to the end of the transaction; who wants it alone is not overtaken by those who share it. */
export const SHARE_VOTES = `SELECT pg_advisory_xact_lock_shared(${STORED_VOTES})`;
export const HOLD_VOTES = `SELECT pg_advisory_xact_lock(${STORED_VOTES})`;
