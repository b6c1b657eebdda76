/** A database's schema in words that both databases have, read from its own catalogue. */
import type Database from 'better-sqlite3';

export type Table = {
  /** Name, type, whether it may be empty, and what stands there when nothing is said. */
  columns: Record<string, { type: 'integer' | 'text' | 'bytes'; nullable: boolean; default: string | null }>;
  primaryKey: string[];
  /** Columns of each index beside the primary key, `unique` or not, `partial` or not. */
  indexes: string[];
  /** `column -> table.column`. */
  references: string[];
};
export type Schema = Record<string, Table>;
type Rows = <R>(sql: string) => Promise<R[]>;

const TYPES: Readonly<Record<string, 'integer' | 'text' | 'bytes'>> = {
  ...{ integer: 'integer', smallint: 'integer', bigint: 'integer' },
  ...{ text: 'text', blob: 'bytes', bytea: 'bytes' },
};

function typeOf(name: string): 'integer' | 'text' | 'bytes' {
  const type = TYPES[name.toLowerCase()];
  if (!type) throw new Error(`a column of type ${name}`);
  return type;
}

const index = (columns: string, unique: boolean, partial: boolean) =>
  `${columns}${unique ? ' unique' : ''}${partial ? ' partial' : ''}`;

export function schemaOfSqlite(db: Database.Database): Schema {
  const all = <R>(sql: string, ...values: unknown[]) => db.prepare(sql).all(...values) as R[];
  const tables = all<{ name: string; strict: number }>(
    `SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'`,
  );
  return Object.fromEntries(
    tables.map(({ name, strict }): [string, Table] => {
      if (strict !== 1) throw new Error(`${name} takes whatever comes: it is not strict`);
      type Column = { name: string; type: string; notnull: number; dflt_value: string | null; pk: number };
      const columns = all<Column>('SELECT * FROM pragma_table_info(?)', name);
      const keys = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
      const lists = all<{ name: string; unique: number; origin: string; partial: number }>(
        'SELECT * FROM pragma_index_list(?)',
        name,
      );
      const columnsOf = (of: string) =>
        all<{ name: string }>('SELECT name FROM pragma_index_info(?) ORDER BY seqno', of)
          .map((one) => one.name)
          .join();
      const references = all<{ from: string; table: string; to: string }>(
        'SELECT * FROM pragma_foreign_key_list(?)',
        name,
      );
      return [
        name,
        {
          columns: Object.fromEntries(
            columns.map((one) => [
              one.name,
              {
                type: typeOf(one.type),
                nullable: one.notnull === 0 && one.pk === 0,
                default: one.dflt_value,
              },
            ]),
          ),
          primaryKey: keys.map((one) => one.name),
          indexes: lists
            .filter(({ origin }) => origin !== 'pk')
            .map((one) => index(columnsOf(one.name), one.unique === 1, one.partial === 1))
            .sort(),
          references: references.map(({ from, table, to }) => `${from} -> ${table}.${to}`).sort(),
        },
      ];
    }),
  );
}

/** Partitions are part of their table; the list of migrations is none of the schema. */
export async function schemaOfPostgres(rows: Rows): Promise<Schema> {
  const columns = await rows<{
    table: string;
    name: string;
    type: string;
    nullable: string;
    given: string | null;
  }>(`
    SELECT c.table_name AS table, column_name AS name, data_type AS type, is_nullable AS nullable, column_default AS given
    FROM information_schema.columns c JOIN pg_class t ON t.relname = c.table_name AND NOT t.relispartition
    WHERE c.table_schema = 'public' AND t.relkind IN ('r', 'p') AND t.relname <> 'schema_migrations' ORDER BY ordinal_position`);
  const indexes = await rows<{
    table: string;
    columns: string;
    unique: boolean;
    primary: boolean;
    partial: boolean;
  }>(`
    SELECT t.relname AS table, i.indisunique AS unique, i.indisprimary AS primary, i.indpred IS NOT NULL AS partial,
      (SELECT string_agg(attname, ',' ORDER BY place) FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, place)
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number) AS columns
    FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid AND NOT t.relispartition
    WHERE t.relnamespace = 'public'::regnamespace AND t.relname <> 'schema_migrations'`);
  const references = await rows<{ table: string; column: string; other: string; to: string }>(`
    SELECT c.conrelid::regclass::text AS table, a.attname AS column, c.confrelid::regclass::text AS other, b.attname AS to
    FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = c.confkey[1] WHERE c.contype = 'f'`);
  const schema: Schema = {};
  for (const { table, name, type, nullable, given } of columns) {
    schema[table] ??= { columns: {}, primaryKey: [], indexes: [], references: [] };
    schema[table].columns[name] = { type: typeOf(type), nullable: nullable === 'YES', default: given };
  }
  for (const { table, columns, unique, primary, partial } of indexes) {
    if (primary) (schema[table] as Table).primaryKey = columns.split(',');
    else schema[table]?.indexes.push(index(columns, unique, partial));
  }
  for (const { table, column, other, to } of references)
    schema[table]?.references.push(`${column} -> ${other}.${to}`);
  for (const table of Object.values(schema)) {
    table.indexes.sort();
    table.references.sort();
  }
  return schema;
}
