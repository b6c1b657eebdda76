/** What is stored, read from the SQLite file itself. */
import Database from 'better-sqlite3';
import { databaseFile } from '../../gateway/store/sqlite/sqlite-store.ts';

export function readFile<T>(dataDir: string, read: (db: Database.Database) => T): T {
  const db = new Database(databaseFile(dataDir), { readonly: true, timeout: 5_000 });
  try {
    return read(db);
  } finally {
    db.close();
  }
}
