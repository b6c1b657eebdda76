/** Reviews, in SQL that both databases understand. */
import type { ReviewsStore, ReviewsTx } from '../../reviews.ts';
import { type AuditDeps, createChanges } from '../changes.ts';
import type { VerdictTables } from '../judging.ts';
import type { Queries, SqlDatabase } from '../sql-database.ts';
import { settle } from './decided-votes.ts';
import { deciderOf } from './decider.ts';
import { lookReads, noteLooked } from './looks.ts';
import { raised } from './raised.ts';
import { reviewReads } from './review-reads.ts';
import { openReview, stepReview } from './review-writes.ts';
import { votesWithin } from './reviewed-votes.ts';

export function createReviewsStore(
  database: SqlDatabase,
  audit: AuditDeps,
  tables: VerdictTables,
): ReviewsStore {
  const { queries } = database;
  return {
    ...reviewReads(queries),
    ...lookReads(queries, tables),
    // Whoever only finds changes nothing that a gateway holds; decisions about votes are counted (`settle`).
    ...createChanges(database, audit, (tx) => writesOn(database, tx, tables), 'asked'),
    noteLooked: noteLooked(database),
  };
}

const writesOn = (database: SqlDatabase, queries: Queries, tables: VerdictTables): ReviewsTx => ({
  ...reviewReads(queries),
  open: (review, by, reason) => openReview(queries, review, by, reason),
  step: (key, to, event) => stepReview(queries, key, to, event),
  raised: (windowKey, by) => raised(queries, windowKey, by),
  decider: (accountName, windowKey) => deciderOf(queries, accountName, windowKey),
  settle: (key) => settle(database, queries, key, tables.write),
  votesWithin: (windowKey, span, decision, limit) => votesWithin(queries, windowKey, span, decision, limit),
});
