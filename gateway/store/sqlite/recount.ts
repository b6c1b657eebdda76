/** What a recount reads, from the file, on a connection of its own. */
import type { RecountReads } from '../recount.ts';
import {
  RULES,
  type RulesRow,
  rulesOf,
  type Select,
  STANDS,
  UNITS,
  WINDOWS,
  windowParts,
  ZONES,
} from '../sql/recount-selects.ts';
import { assertOwnSchema, type Connection, failure, openForReading } from './database.ts';

const PAGE = 5_000;

/** @throws StoreFailure `storage-missing`, `storage-newer`, `storage-older` */
export function openSqliteRecount(file: string): RecountReads {
  const db = openForReading(file);
  try {
    assertOwnSchema(db);
  } catch (error) {
    db.close();
    throw failure(error);
  }
  const select: Select = (text) => pagesOf(db, text);
  return {
    async plan() {
      const all = <R>(text: string) => db.prepare(text).all() as R[];
      try {
        return db.transaction(() => ({
          units: all<never>(UNITS),
          windows: all<never>(WINDOWS),
          stands: all<never>(STANDS),
          zones: all<never>(ZONES),
          rules: all<RulesRow>(RULES).map(rulesOf),
        }))();
      } catch (error) {
        throw failure(error);
      }
    },
    /** As the first read finds it; the gateway's log is not written back past that until it ends: a window at a time. */
    async window(windowKey, read) {
      try {
        db.exec('BEGIN');
        return await read(windowParts(windowKey, select));
      } catch (error) {
        throw failure(error);
      } finally {
        if (db.inTransaction) db.exec('ROLLBACK');
      }
    },
    close: async () => void db.close(),
  };
}

async function* pagesOf<R extends object>(db: Connection, text: string): AsyncGenerator<R[]> {
  let page: R[] = [];
  for (const row of db.prepare(text).iterate() as IterableIterator<R>) {
    page.push(row);
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}
