/** Brings the schema up to date, whatever process comes first: the others wait for the database's lock and find it done. */
import type Database from 'better-sqlite3';
import { StoreFailure } from '../failures.ts';
import { compiled, type Migration, SQLITE } from '../sql/migrations/flavour.ts';
import { MIGRATIONS } from '../sql/migrations/index.ts';
import { HISTORY } from './migrations/index.ts';

/** The database's user_version: how many migrations it has had. */
export const SCHEMA_VERSION = HISTORY.length + MIGRATIONS.length;

const OTHERS_MS = 60_000;

/** @throws StoreFailure `storage-newer`. */
export function migrate(db: Database.Database, later: readonly Migration[] = MIGRATIONS): void {
  const newest = HISTORY.length + later.length;
  const apply = db.transaction(() => {
    const version = schemaVersionOf(db);
    if (version > newest) throw tooNew(version, newest);
    for (const sql of HISTORY.slice(version)) db.exec(sql);
    for (const { statements } of later.slice(Math.max(0, version - HISTORY.length)))
      for (const statement of statements(SQLITE)) run(db, compiled(statement));
    if (version < newest) db.pragma(`user_version = ${newest}`);
  });
  const usual = db.pragma('busy_timeout', { simple: true }) as number;
  // Another process may be at it, and a large database takes its time.
  if (schemaVersionOf(db) < newest) db.pragma(`busy_timeout = ${OTHERS_MS}`);
  try {
    // The write lock from the beginning: the version is read by one at a time.
    apply.immediate();
  } finally {
    db.pragma(`busy_timeout = ${usual}`);
  }
}

export function schemaVersionOf(db: Database.Database): number {
  return db.pragma('user_version', { simple: true }) as number;
}

function run(db: Database.Database, { sql, parameters }: ReturnType<typeof compiled>): void {
  if (parameters.length > 0) db.prepare(sql).run(...parameters);
  else db.exec(sql);
}

export function tooNew(version: number, newest: number): StoreFailure {
  return new StoreFailure(
    'storage-newer',
    `the data was written by a newer gateway (schema ${version}, this one knows ${newest}): update the gateway`,
  );
}
