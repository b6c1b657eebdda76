/** Numbers of advisory locks, which a database has one space of: two that share one would wait for each other. */

/** Whoever brings the schema up to date. To the end of the transaction. */
export const MIGRATING = 1_298_233_711;
/** With a journal's key beside it: whoever looks for room among what is kept of it. To the end of the transaction. */
export const CONFLICTS_OF_JOURNAL = 1_298_233_712;
/** Commits share it, a decision about stored votes has it alone. To the end of the transaction. */
export const STORED_VOTES = 1_298_233_713;
