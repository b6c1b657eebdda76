/**
 * What is written once, on PostgreSQL: changes on one connection, one after another, reads beside them on others. The connections
 * are the ledger's kind (connection.ts), because a change of a person's is to be as safe as a vote: any notice at COMMIT is a failure.
 */
import { CompiledQuery, sql } from 'kysely';
import { StoreFailure } from '../failures.ts';
import type { CommitId } from '../neighbours.ts';
import type { Queries, SqlDatabase } from '../sql/sql-database.ts';
import { storable } from '../text.ts';
import { holdChain } from './chain.ts';
import { createConnection, type Transaction } from './connection.ts';
import { queriesOn } from './queries.ts';
import type { Statement } from './session.ts';
import type { SettledReads } from './settled-reads.ts';
import { HOLD_VOTES, HOLD_VOTES_BY_KEY } from './votes-lock.ts';

export type PostgresSqlOptions = {
  /** `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`, see `SessionOptions`. */
  address: string;
  /** The key of the audit's chain, which is every gateway's; null when it is gone. */
  auditKey: () => Buffer | null;
  /** Connections that read beside each other. */
  readers?: number;
  /** For a change, with its wait for the others' and for the standby. */
  changeTimeoutMs?: number;
  readTimeoutMs?: number;
  connectTimeoutMs?: number;
};

export type PostgresSql = SqlDatabase & {
  /** What was begun is ended first. */
  close(): Promise<void>;
};

/** Two that wait for each other in a ring, through somebody else's hands: one of them is undone, and works the next time. */
const ATTEMPTS = 5;

/** Connects when it is first asked, and anew after every failure; the schema must be there (`migrate`). */
export function createPostgresSql(options: PostgresSqlOptions): PostgresSql {
  const { address, auditKey, changeTimeoutMs = 15_000, readTimeoutMs = 15_000 } = options;
  const connect = (label: string, timeoutMs: number) =>
    createConnection({
      address,
      label: `manyi ${label}`,
      connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
      timeoutMs,
    });
  const changing = connect('changes', changeTimeoutMs);
  const readers = Array.from({ length: options.readers ?? 3 }, (_, index) => ({
    connection: connect(`reads ${index}`, readTimeoutMs),
    waiting: 0,
  }));

  const queries = queriesOn(async (query) => {
    const reader = readers.reduce((least, one) => (one.waiting < least.waiting ? one : least));
    reader.waiting += 1;
    try {
      return { rows: await reader.connection.rows<never>(statementOf(query)) };
    } finally {
      reader.waiting -= 1;
    }
  });

  const attempt: SqlDatabase['transaction'] = (act) =>
    changing.transaction(async (transaction) => {
      await holdChain(transaction, auditKey());
      const work = workOn(transaction);
      try {
        const result = await act(work.queries);
        await work.end();
        return result;
      } finally {
        await work.end();
      }
    });

  return {
    queries,
    async transaction(act) {
      for (let left = ATTEMPTS; ; left--) {
        try {
          return await attempt(act);
        } catch (error) {
          if (left <= 1 || !isInterrupted(error)) throw error;
        }
      }
    },
    holdVotes: async (tx, how) =>
      void (await tx.executeQuery(CompiledQuery.raw(how === 'keys' ? HOLD_VOTES_BY_KEY : HOLD_VOTES))),
    async commitId(tx) {
      const { rows } = await tx.executeQuery<{ commit: CommitId }>(
        CompiledQuery.raw('SELECT pg_current_xact_id()::text AS commit'),
      );
      return rows[0]?.commit ?? null;
    },
    clock: (aheadMs) =>
      sql<number>`cast(extract(epoch from clock_timestamp()) * 1000 as int8) + cast(${aheadMs} as int8)`,
    auditKey,
    async close() {
      await Promise.all([changing, ...readers.map(({ connection }) => connection)].map((one) => one.close()));
    },
  };
}

/** Nothing of it is stored, and it was not its fault. */
const isInterrupted = (error: unknown) =>
  error instanceof StoreFailure && error.code === 'database-interrupted';

const statementOf = ({ sql, parameters }: CompiledQuery): Statement => ({
  text: sql,
  values: parameters.map((value) => (typeof value === 'string' ? storable(value) : value)),
});

/** Queries that are written once, as reads that something may rest on. */
export const queriesSettled =
  (settled: SettledReads) =>
  <T>(read: (queries: Queries) => Promise<T>): Promise<T> =>
    settled((reads) =>
      read(queriesOn(async (query) => ({ rows: await reads.rows<never>(statementOf(query)) }))),
    );

/** The statements of one transaction, one after another, also when they were given at once; none of them after its end. */
function workOn(transaction: Transaction) {
  let isOver = false;
  let turn: Promise<unknown> = Promise.resolve();
  const queries = queriesOn((query) => {
    const answer = turn.then(async () => {
      if (isOver) throw new Error('the transaction has ended before this query: await every one');
      const { rows, affected, command } = await transaction.run<never>(statementOf(query));
      const hasWritten = command === 'INSERT' || command === 'UPDATE' || command === 'DELETE';
      return hasWritten ? { rows, numAffectedRows: BigInt(affected) } : { rows };
    });
    turn = answer.catch(() => {});
    return answer;
  });
  return {
    queries,
    async end() {
      isOver = true;
      await turn;
    },
  };
}
