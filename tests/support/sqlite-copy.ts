/**
 * What a PostgreSQL database holds, row by row, in an SQLite file: for the recount, which shares nothing with either adapter and reads
 * one kind of file.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { databaseFile } from '../../gateway/store/sqlite/sqlite-store.ts';
import { openRows } from './open-rows.ts';

const TABLES = ['units', 'windows', 'terminals', 'sources', 'votes', 'exclusions', 'quarantine'];

/** @returns a data folder with the copy. */
export async function copyToSqlite(address: string): Promise<{ dataDir: string; dispose(): void }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'manyi-copy-'));
  const { rows, close } = await openRows.ofPostgres(address);
  const copy = new Database(databaseFile(dataDir));
  try {
    for (const table of TABLES) {
      const found = await rows<Record<string, unknown>>(`SELECT * FROM ${table}`);
      const columns = await rows<{ name: string; type: string }>(
        `SELECT column_name AS name, data_type AS type FROM information_schema.columns WHERE table_name = '${table}'`,
      );
      // Without a type, SQLite would keep whole numbers as fractions, and divide them so.
      const typeOf = (type: string) => (/int/.test(type) ? 'INTEGER' : 'TEXT');
      copy.exec(
        `CREATE TABLE ${table} (${columns.map(({ name, type }) => `"${name}" ${typeOf(type)}`).join(', ')})`,
      );
      const insert = copy.prepare(
        `INSERT INTO ${table} VALUES (${columns.map(({ name }) => `@${name}`).join(', ')})`,
      );
      copy.transaction(() => {
        for (const row of found) insert.run(row);
      })();
    }
  } finally {
    copy.close();
    await close();
  }
  return { dataDir, dispose: () => rmSync(dataDir, { recursive: true, force: true }) };
}
