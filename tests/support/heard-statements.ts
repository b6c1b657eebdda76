/** What a port asks a database, with its values in it: to be run, or explained, by whoever wants to know how that is answered. */
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { Queries } from '../../gateway/store/sql/sql-database.ts';
import type { Tables } from '../../gateway/store/sql/tables.ts';

export type DatabaseName = 'SQLite' | 'PostgreSQL';

/** Every answer is no rows. All values are numbers. */
export function hearStatements(name: DatabaseName): { queries: Queries; heard: string[] } {
  const isSqlite = name === 'SQLite';
  const heard: string[] = [];
  const queries = new Kysely<Tables>({
    dialect: {
      createAdapter: () => (isSqlite ? new SqliteAdapter() : new PostgresAdapter()),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => (isSqlite ? new SqliteIntrospector(db) : new PostgresIntrospector(db)),
      createQueryCompiler: () => (isSqlite ? new SqliteQueryCompiler() : new PostgresQueryCompiler()),
    },
    log({ query: { sql, parameters } }) {
      let place = 0;
      heard.push(
        sql.replace(/\?|\$(\d+)/g, (_mark, number) => String(parameters[number ? number - 1 : place++])),
      );
    },
  });
  return { queries, heard };
}

/** How the database goes about it, a step a line. */
export async function planOf(
  rows: <R>(sql: string) => Promise<R[]>,
  name: DatabaseName,
  statement: string,
): Promise<string[]> {
  const lines = await rows<{ detail?: string; 'QUERY PLAN'?: string }>(
    `${name === 'SQLite' ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN'} ${statement}`,
  );
  return lines.map((line) => (line.detail ?? line['QUERY PLAN'] ?? '').trim());
}
