/** What the databases call the same things, for migrations that are written once. It compiles statements and runs none. */
import {
  type Compilable,
  type CreateTableBuilder,
  DummyDriver,
  type Expression,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  sql,
} from 'kysely';

type ColumnType = Expression<unknown>;
type Create = CreateTableBuilder<string, never>;
type With<Name extends string> = CreateTableBuilder<string, Name>;

export type Flavour = {
  name: 'sqlite' | 'postgres';
  /** Statements about the schema and about rows; its rows have no types, which only hold for the newest schema. */
  build: Kysely<Record<string, Record<string, unknown>>>;
  /** A table whose columns hold what they are declared to hold. */
  table(name: string): Create;
  /** … with a `key` that the database gives out. */
  keyed(name: string): With<'key'>;
  /** Keys, counts, and what is 0 or 1. */
  integer: ColumnType;
  /** UTC milliseconds, and whatever else outgrows 32 bits. */
  time: ColumnType;
  /** Ordered and compared byte by byte. */
  text: ColumnType;
  bytes: ColumnType;
};

export const SQLITE: Flavour = {
  name: 'sqlite',
  build: new Kysely({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  }),
  table: (name) => SQLITE.build.schema.createTable(name).modifyEnd(sql`strict`),
  keyed: (name) => SQLITE.table(name).addColumn('key', sql`integer`, (key) => key.primaryKey()),
  integer: sql`integer`,
  time: sql`integer`,
  text: sql`text`,
  bytes: sql`blob`,
};

export const POSTGRES: Flavour = {
  name: 'postgres',
  build: new Kysely({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  }),
  table: (name) => POSTGRES.build.schema.createTable(name),
  keyed: (name) =>
    POSTGRES.table(name).addColumn('key', sql`int4`, (key) =>
      key.generatedByDefaultAsIdentity().primaryKey(),
    ),
  integer: sql`int4`,
  time: sql`int8`,
  // The order of a locale is another on each machine, and SQLite's is that of the bytes.
  text: sql`text collate "C"`,
  bytes: sql`bytea`,
};

/** SQL as it stands, of one database; or what a builder of the flavour makes. */
export type Statement = string | Compilable;

export type Migration = { name: string; statements(flavour: Flavour): readonly Statement[] };

export function compiled(statement: Statement): { sql: string; parameters: readonly unknown[] } {
  if (typeof statement === 'string') return { sql: statement, parameters: [] };
  const { sql, parameters } = statement.compile();
  return { sql, parameters };
}
