/**
 * All that a PostgreSQL database holds, row by row, in an SQLite file: for the recount, which shares nothing with either adapter and reads
 * one kind of file. Which tables there are, the database says itself.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { databaseFile } from '../../gateway/store/sqlite/sqlite-store.ts';
import { openRows } from './open-rows.ts';
import { areRulesOn, untilNoneWaits } from './stored-verdicts.ts';

/** Partitions are part of their table; the list of migrations is none of the data. */
const COLUMNS = `
  SELECT c.table_name AS table, c.column_name AS name, c.data_type AS type FROM information_schema.columns c
  JOIN pg_class t ON t.oid = format('%I.%I', c.table_schema, c.table_name)::regclass AND t.relkind IN ('r', 'p') AND NOT t.relispartition
  WHERE c.table_schema = 'public' AND c.table_name <> 'schema_migrations' ORDER BY c.table_name, c.ordinal_position`;

/** Without a type, SQLite would keep whole numbers as fractions, and divide them so. */
const typeOf = (type: string) => (type === 'bytea' ? 'BLOB' : /int/.test(type) ? 'INTEGER' : 'TEXT');

/** Of one moment; where rules hold, of one at which a gateway has judged all that is stored. @returns a data folder with the copy. */
export async function copyToSqlite(address: string): Promise<{ dataDir: string; dispose(): void }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'manyi-copy-'));
  const { rows, close } = await openRows.ofPostgres(address);
  const copy = new Database(databaseFile(dataDir));
  try {
    if (areRulesOn())
      await untilNoneWaits(
        async () => (await rows<{ waiting: number }>('SELECT count(*) AS waiting FROM unjudged'))[0]?.waiting,
      );
    await rows('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const columns = await rows<{ table: string; name: string; type: string }>(COLUMNS);
    for (const table of new Set(columns.map((column) => column.table))) {
      const own = columns.filter((column) => column.table === table);
      copy.exec(
        `CREATE TABLE "${table}" (${own.map(({ name, type }) => `"${name}" ${typeOf(type)}`).join(', ')})`,
      );
      const insert = copy.prepare(`INSERT INTO "${table}" VALUES (${own.map(() => '?').join(', ')})`);
      const found = await rows<Record<string, unknown>>(`SELECT * FROM "${table}"`);
      copy.transaction(() => {
        for (const row of found) insert.run(own.map(({ name }) => row[name]));
      })();
    }
    await rows('COMMIT');
  } finally {
    copy.close();
    await close();
  }
  return { dataDir, dispose: () => rmSync(dataDir, { recursive: true, force: true }) };
}
