/** Kysely's PostgreSQL on whatever runs a statement. Which connection that is, and in which transaction, is decided outside. */
import {
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely';
import type { Queries } from '../sql/sql-database.ts';
import type { Tables } from '../sql/tables.ts';
import type { Transaction } from './connection.ts';

export function queriesOn(run: (query: CompiledQuery) => Promise<QueryResult<never>>): Queries {
  const connection: DatabaseConnection = {
    executeQuery: run,
    async *streamQuery(): AsyncIterableIterator<never> {
      yield await Promise.reject(new Error('rows are not streamed: read pages'));
    },
  };
  const refuse = () => Promise.reject(new Error('a transaction is begun with `SqlDatabase.transaction`'));
  const driver: Driver = {
    init: async () => {},
    acquireConnection: async () => connection,
    beginTransaction: refuse,
    commitTransaction: refuse,
    rollbackTransaction: refuse,
    releaseConnection: async () => {},
    destroy: async () => {},
  };
  return new Kysely<Tables>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => driver,
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
}

/** On one connection: in its transaction, or each statement by itself. */
export const queriesIn = (on: Pick<Transaction, 'rows'>): Queries =>
  queriesOn(async ({ sql: text, parameters: values }) => ({ rows: await on.rows<never>({ text, values }) }));
