/** Opens the SQLite file the way the promises need it: WAL, synchronous=FULL, migrated, exclusive to nobody. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { MIGRATIONS } from './migrations/index.ts';
import { makePrivate } from './private-file.ts';
import { StoreFailure } from './store.ts';

export type Connection = Database.Database;

const BUSY_TIMEOUT_MS = 5_000;

/** SQLite's own result codes (https://www.sqlite.org/rescode.html) in the store's words. */
const CODES: readonly [prefix: string, code: string][] = [
  ['SQLITE_FULL', 'storage-full'],
  ['SQLITE_IOERR', 'storage-io'],
  ['SQLITE_BUSY', 'storage-busy'],
  ['SQLITE_CORRUPT', 'storage-damaged'],
  ['SQLITE_NOTADB', 'storage-damaged'],
];

export function failure(error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const [, code] = CODES.find(([prefix]) => error.code.startsWith(prefix)) ?? ['', 'storage-failed'];
  return new StoreFailure(code, `${error.code}: ${error.message}`, { cause: error });
}

/**
 * After these nobody knows what of the last write is on the disk: a COMMIT that was refused may have left whole frames in
 * the WAL, and what an fsync has failed on once, the kernel may hold for clean the next time.
 */
export function spoilsConnection(error: unknown): boolean {
  return (
    error instanceof Database.SqliteError &&
    /^SQLITE_(FULL|IOERR|CORRUPT|NOTADB|READONLY|CANTOPEN|PROTOCOL)/.test(error.code)
  );
}

/** Every page of the WAL into the database and synced anew, so that nothing rests on an fsync that has failed. */
export function writeWalBack(db: Connection): void {
  // A reader of minutes (a backup) is not waited for: this is tried again.
  db.pragma('busy_timeout = 100');
  const [result] = db.pragma('wal_checkpoint(TRUNCATE)') as { busy: number }[];
  db.pragma(`busy_timeout = ${BUSY_TIMEOUT_MS}`);
  if (result?.busy !== 0)
    throw new StoreFailure(
      'storage-busy',
      'another process reads the database: its log cannot be written back yet',
    );
}

export function openDatabase(file: string): Connection {
  refuseUnfinishedRestore(dirname(file));
  makePrivate(file);
  const db = new Database(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    prepare(db);
  } catch (error) {
    db.close();
    throw error;
  }
  return db;
}

function prepare(db: Connection): void {
  db.pragma('journal_mode = WAL');
  // Must be explicit: better-sqlite3 is compiled to fall to NORMAL in WAL mode after the first write otherwise.
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
  db.pragma('cache_size = -65536');
  // A page of 4 KiB holds some 100 votes; checkpoint after 64 MiB so that a busy hour is not spent copying pages.
  db.pragma('wal_autocheckpoint = 16384');
  db.pragma('journal_size_limit = 134217728');
  migrate(db);
  db.prepare('INSERT INTO probe VALUES (1, 0) ON CONFLICT DO UPDATE SET at = at + 1').run();
  const synchronous = db.pragma('synchronous', { simple: true });
  if (synchronous !== 2)
    throw new StoreFailure('storage-unsafe', `synchronous is ${synchronous} after a write, not FULL (2)`);
}

/** Some of the files may be in place and others not: an empty database must not be begun among them. */
export const RESTORE_MARK = 'restore.unfinished';

function refuseUnfinishedRestore(dataDir: string): void {
  if (existsSync(join(dataDir, RESTORE_MARK)))
    throw new StoreFailure(
      'restore-unfinished',
      `a restore into ${dataDir} did not come to its end: run \`manyi restore FOLDER\` again`,
    );
}

function migrate(db: Connection): void {
  const apply = db.transaction(() => {
    const version = db.pragma('user_version', { simple: true }) as number;
    if (version > MIGRATIONS.length)
      throw new StoreFailure(
        'storage-newer',
        `the data was written by a newer gateway (schema ${version}, this one knows ${MIGRATIONS.length}): update the gateway`,
      );
    for (const sql of MIGRATIONS.slice(version)) db.exec(sql);
    if (version < MIGRATIONS.length) db.pragma(`user_version = ${MIGRATIONS.length}`);
  });
  apply.immediate();
}
