/** What the databases have in common, and the little in which they differ. */
import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

export type Queries = Kysely<Tables>;

export type SqlDatabase = {
  queries: Queries;
  /** Runs it in a transaction that no other writer is beside. @throws StoreFailure */
  transaction<T>(act: (queries: Queries) => Promise<T>): Promise<T>;
  /** Runs it while no transaction is open. */
  read<T>(act: () => T): Promise<T>;
  /** The key of the audit's chain; null when it is gone. */
  auditKey(): Buffer | null;
};
