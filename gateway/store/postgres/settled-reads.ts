/** Reads that something may rest on: an ack, a key. */
import { coalesce } from './coalesce.ts';
import type { Connection, Transaction } from './connection.ts';

export type Reads = Pick<Transaction, 'rows'>;

/** What `read` has shown is on the disk of every machine that has to have it when its answer comes. @throws StoreFailure */
export type SettledReads = <T>(read: (reads: Reads) => Promise<T>) => Promise<T>;

/** Writes a record to the log of the database and no row, so that the COMMIT after it waits for the standby. */
export const SETTLE = { text: `SELECT pg_logical_emit_message(true, 'manyi', '')` };

/**
 * Those that are asked for while others run are one transaction, with one wait. It is the transaction of the reads themselves: on another
 * connection, after a failover, another server would answer for what it has never had.
 */
export function createSettledReads(connection: Connection): SettledReads {
  const readAll = coalesce((asked: ((reads: Reads) => Promise<unknown>)[]) =>
    connection.transaction(async (transaction) => {
      const answers: unknown[] = [];
      for (const read of asked) answers.push(await read(transaction));
      await transaction.rows(SETTLE);
      return answers;
    }),
  );
  return async <T>(read: (reads: Reads) => Promise<T>) => (await readAll(read)) as T;
}
