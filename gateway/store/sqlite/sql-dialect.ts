/**
 * Kysely on the store's one connection. Statements are prepared once; a transaction begins as the writer it will be (a read
 * that turns into a write may find the database busy, and that cannot be waited for), and has the connection for itself.
 */
import type { RunResult, Statement } from 'better-sqlite3';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { SqlDatabase } from '../sql/sql-database.ts';
import type { Tables } from '../sql/tables.ts';
import type { Connection } from './database.ts';
import type { Exclusive } from './exclusive.ts';

export type SqliteSqlDeps = {
  /** Of the day: it is opened again after a failure of the disk. */
  connection: () => Connection;
  exclusive: Exclusive;
  /** What leaves the store for an error of SQLite. */
  translate: (error: unknown) => unknown;
  auditKey: () => Buffer | null;
};

export function createSqliteSql({ connection, exclusive, translate, auditKey }: SqliteSqlDeps): SqlDatabase {
  const statements = new StatementCache(connection);
  const runner: DatabaseConnection = {
    async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
      try {
        const statement = statements.of(sql);
        if (statement.reader) return { rows: statement.all(...parameters) as R[] };
        const { changes }: RunResult = statement.run(...parameters);
        return { rows: [], numAffectedRows: BigInt(changes) };
      } catch (error) {
        throw translate(error);
      }
    },
    streamQuery: async function* () {
      yield await Promise.reject(new Error('rows are not streamed from the one connection: read pages'));
    },
  };
  const begin = CompiledQuery.raw('BEGIN IMMEDIATE');
  let release = () => {};
  const driver: Driver = {
    init: async () => {},
    // A reader waits as well: what is half written is nobody's to see.
    acquireConnection: () =>
      new Promise((resolve) => {
        void exclusive(
          () =>
            new Promise<void>((done) => {
              release = done;
              resolve(runner);
            }),
        );
      }),
    beginTransaction: async () => void (await runner.executeQuery(begin)),
    commitTransaction: async () => void (await runner.executeQuery(CompiledQuery.raw('COMMIT'))),
    async rollbackTransaction() {
      // A failure of the disk has rolled it back already.
      if (connection().inTransaction) await runner.executeQuery(CompiledQuery.raw('ROLLBACK'));
    },
    releaseConnection: async () => release(),
    destroy: async () => {},
  };
  const dialect: Dialect = {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => driver,
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
  const queries = new Kysely<Tables>({ dialect });
  return {
    queries,
    transaction: (act) => queries.transaction().execute(act),
    auditKey,
  };
}

/** Statements belong to the connection they were prepared on. */
class StatementCache {
  private statements = new Map<string, Statement>();
  private preparedOn: Connection | null = null;
  private readonly connection: () => Connection;

  constructor(connection: () => Connection) {
    this.connection = connection;
  }

  of(sql: string): Statement {
    const db = this.connection();
    if (db !== this.preparedOn) {
      this.statements = new Map();
      this.preparedOn = db;
    }
    let statement = this.statements.get(sql);
    if (!statement) {
      statement = db.prepare(sql);
      // A list of values makes another statement of every length.
      if (this.statements.size >= MAX_STATEMENTS) this.statements.clear();
      this.statements.set(sql, statement);
    }
    return statement;
  }
}

const MAX_STATEMENTS = 500;
