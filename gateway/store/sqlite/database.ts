/** Opens the SQLite file the way the promises need it: WAL, synchronous=FULL, migrated, exclusive to nobody. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { assertUsable } from '../../../protocol/process/access.ts';
import { assertDataFolder } from '../data-folder.ts';
import { StoreFailure, type StoreFailureCode } from '../failures.ts';
import { makePrivate } from '../private-file.ts';
import { migrate, SCHEMA_VERSION, schemaVersionOf, tooNew } from './migrate.ts';

export type Connection = Database.Database;

const BUSY_TIMEOUT_MS = 5_000;

/** SQLite's own result codes (https://www.sqlite.org/rescode.html) in the store's words. */
const CODES: readonly [prefix: string, code: StoreFailureCode][] = [
  ['SQLITE_FULL', 'storage-full'],
  ['SQLITE_IOERR', 'storage-io'],
  ['SQLITE_BUSY', 'storage-busy'],
  ['SQLITE_READONLY', 'storage-read-only'],
  ['SQLITE_CORRUPT', 'storage-damaged'],
  ['SQLITE_NOTADB', 'storage-damaged'],
];

export function failure(error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const known = CODES.find(([prefix]) => error.code.startsWith(prefix));
  return new StoreFailure(known?.[1] ?? 'storage-failed', `${error.code}: ${error.message}`, {
    cause: error,
  });
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

/** @param proves writes once before it looks at `synchronous`: every other process that has the file open reads again. */
export function openDatabase(file: string, proves: boolean): Connection {
  refuseUnfinishedRestore(dirname(file));
  assertDataFolder(dirname(file), 'write');
  makePrivate(file);
  const db = new Database(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    prepare(db, proves);
  } catch (error) {
    db.close();
    throw error;
  }
  return db;
}

/** A wrong folder is told, and not begun. @throws StoreFailure `storage-missing`. */
export function refuseMissing(file: string): void {
  if (existsSync(file)) return;
  throw new StoreFailure(
    'storage-missing',
    `there is no database ${file}: is --data-dir (MANYI_DATA_DIR) the gateway's? Its first start makes one`,
  );
}

/**
 * For whoever only reads: it makes nothing, writes nothing, and leaves nothing behind. @throws StoreFailure `storage-missing`;
 * HostFault `storage-not-ours`.
 */
export function openForReading(file: string, timeoutMs = BUSY_TIMEOUT_MS): Connection {
  refuseUnfinishedRestore(dirname(file));
  refuseMissing(file);
  assertUsable(dirname(file), [file, `${file}-wal`], 'read');
  // Nobody has it open: a connection that may not write would make a log and an index of it, and could not remove them.
  const alone = !existsSync(`${file}-wal`) && isWritable(dirname(file), file);
  const db = new Database(file, { readonly: !alone, fileMustExist: true, timeout: timeoutMs });
  try {
    db.pragma('query_only = ON');
    db.pragma('user_version');
    return db;
  } catch (error) {
    db.close();
    // SQLite reads such a file only with a log beside it, and could not make one: this says why.
    if (/^SQLITE_(CANTOPEN|READONLY)/.test((error as { code?: string }).code ?? ''))
      assertUsable(dirname(file), [file], 'write');
    throw error;
  }
}

/** A small durable write. */
export const PROBE = 'INSERT INTO probe VALUES (1, 0) ON CONFLICT DO UPDATE SET at = at + 1';

function isWritable(folder: string, file: string): boolean {
  try {
    assertUsable(folder, [file], 'write');
    return true;
  } catch {
    return false;
  }
}

/** What only reads does not bring the schema up to date either. @throws StoreFailure `storage-newer`, `storage-older`. */
export function assertOwnSchema(db: Connection): void {
  const version = schemaVersionOf(db);
  if (version > SCHEMA_VERSION) throw tooNew(version, SCHEMA_VERSION);
  if (version < SCHEMA_VERSION)
    throw new StoreFailure(
      'storage-older',
      `the data was written by an older gateway (schema ${version}, this one reads ${SCHEMA_VERSION}): start the gateway, which brings it up to date`,
    );
}

function prepare(db: Connection, proves: boolean): void {
  db.pragma('journal_mode = WAL');
  // Must be explicit: better-sqlite3 is compiled to fall to NORMAL in WAL mode after the first write otherwise.
  db.pragma('synchronous = FULL');
  db.pragma('foreign_keys = ON');
  db.pragma('cache_size = -65536');
  // A page of 4 KiB holds some 100 votes; checkpoint after 64 MiB so that a busy hour is not spent copying pages.
  db.pragma('wal_autocheckpoint = 16384');
  db.pragma('journal_size_limit = 134217728');
  migrate(db);
  if (proves) db.exec(PROBE);
  const synchronous = db.pragma('synchronous', { simple: true });
  if (synchronous !== 2)
    throw new StoreFailure('storage-unsafe', `synchronous is ${synchronous}, not FULL (2)`);
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
