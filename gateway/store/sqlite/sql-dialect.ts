/**
 * Kysely on the store's one connection. Statements are prepared once; a transaction begins as the writer it will be (a read
 * that turns into a write may find the database busy, and that cannot be waited for), has the connection for itself, and is over
 * within one turn of the event loop: votes wait for the same connection.
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
  sql,
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
  const run = <R>({ sql, parameters }: CompiledQuery): QueryResult<R> => {
    try {
      const statement = statements.of(sql);
      if (statement.reader) {
        const rows = statement.all(...parameters) as R[];
        return statement.readonly ? { rows } : { rows, numAffectedRows: BigInt(rows.length) };
      }
      const { changes }: RunResult = statement.run(...parameters);
      return { rows: [], numAffectedRows: BigInt(changes) };
    } catch (error) {
      throw translate(error);
    }
  };
  const driver: Driver = {
    init: async () => {},
    // A reader waits as well: what is half written is nobody's to see.
    acquireConnection: () =>
      new Promise((resolve) => {
        void exclusive(() => new Promise<void>((done) => resolve(new Hold(run, done))));
      }),
    async beginTransaction() {
      await nextTurn();
      run(CompiledQuery.raw('BEGIN IMMEDIATE'));
    },
    async commitTransaction(hold) {
      (hold as Hold).isOver = true;
      run(CompiledQuery.raw('COMMIT'));
    },
    async rollbackTransaction(hold) {
      (hold as Hold).isOver = true;
      // A failure of the disk has rolled it back already.
      if (connection().inTransaction) run(CompiledQuery.raw('ROLLBACK'));
    },
    releaseConnection: async (hold) => (hold as Hold).release(),
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
    transaction: (act) => queries.transaction().execute((tx) => withinThisTurn(act(tx))),
    // It has them: the connection is one, and its transaction began as a writer's.
    holdVotes: async () => {},
    commitId: async () => null,
    clock: (aheadMs) => sql<number>`cast(unixepoch('subsec') * 1000 as integer) + ${aheadMs}`,
    auditKey,
  };
}

/** The connection, as one has it until it is given back. */
class Hold implements DatabaseConnection {
  /** What a transaction has not waited for comes too late: it would be written by itself, and unaudited. */
  isOver = false;
  readonly release: () => void;
  private readonly run: <R>(query: CompiledQuery) => QueryResult<R>;

  constructor(run: <R>(query: CompiledQuery) => QueryResult<R>, release: () => void) {
    this.run = run;
    this.release = release;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (this.isOver) throw new Error('the transaction has ended before this query: await every one');
    return this.run(query);
  }

  async *streamQuery(): AsyncIterableIterator<never> {
    yield await Promise.reject(new Error('rows are not streamed from the one connection: read pages'));
  }
}

/** Promises that are settled already run to their end before anything else does. */
const nextTurn = () => new Promise<void>((resolve) => void setImmediate(resolve));

/** Also ends what would wait for ever: a change that asks its store instead of its `tx` waits for itself. */
async function withinThisTurn<T>(act: Promise<T>): Promise<T> {
  let timer: NodeJS.Immediate | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setImmediate(() => reject(new Error('a change may await nothing but its `tx`: it is undone')));
  });
  try {
    return await Promise.race([act, late]);
  } finally {
    clearImmediate(timer);
  }
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
