/** What people decide about votes, in SQL that both databases understand, in a change that the audit tells of. */
import type { ReviewReads, ReviewStore, ReviewTx } from '../../review.ts';
import { type AuditDeps, createChanges } from '../changes.ts';
import type { Queries, SqlDatabase } from '../sql-database.ts';
import { concernedIds } from './concerned.ts';
import { decidedOn } from './decided.ts';
import { exclusionReads, exclusionWrites } from './exclusions.ts';
import { heldReads, heldWrites } from './held.ts';
import { journalReads, journalWrites } from './journals.ts';

/** @param imports what a database has for votes that do not come from their terminal: the ledger's own commit */
export function createReviewStore(
  database: SqlDatabase,
  audit: AuditDeps,
  imports: Pick<ReviewStore, 'storeImported'>,
): ReviewStore {
  return {
    ...readsOn(database.queries),
    ...createChanges(database, audit, reviewOn(database), 'asked'),
    storeImported: imports.storeImported,
  };
}

/** In a change, also in another resource's. */
export function reviewOn(database: Pick<SqlDatabase, 'holdVotes'>): (queries: Queries) => ReviewTx {
  return (queries) => {
    const decided = decidedOn(database, queries);
    const windowKeys = new Set<number>();
    const concern = (windowKey: number) => void windowKeys.add(windowKey);
    return {
      ...readsOn(queries),
      ...heldWrites(queries, decided, concern),
      ...exclusionWrites(queries, decided, concern),
      ...journalWrites(queries, decided),
      concerned: () => concernedIds(queries, windowKeys),
    };
  };
}

function readsOn(queries: Queries): ReviewReads {
  return { ...heldReads(queries), ...exclusionReads(queries), ...journalReads(queries) };
}
