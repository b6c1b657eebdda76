/** What the databases have in common, and the little in which they differ. */
import type { Kysely, RawBuilder } from 'kysely';
import type { CommitId } from '../neighbours.ts';
import type { Tables } from './tables.ts';

export type Queries = Kysely<Tables>;

export type SqlDatabase = {
  queries: Queries;
  /** Runs it in a transaction that no other writer is beside. @throws StoreFailure */
  transaction<T>(act: (queries: Queries) => Promise<T>): Promise<T>;
  /** Within a transaction: from here to its end no vote is stored beside it, and it sees all that were. @param how all that follows looks rows up by their keys */
  holdVotes(queries: Queries, how?: 'keys'): Promise<void>;
  /** Within a transaction: how its commit is named; null where there is one gateway. */
  commitId(queries: Queries): Promise<CommitId | null>;
  /** The moment so many milliseconds from now by its own clock, UTC milliseconds. */
  clock(aheadMs: number): RawBuilder<number>;
  /** The key of the audit's chain; null when it is gone. */
  auditKey(): Buffer | null;
};
