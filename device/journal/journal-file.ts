/** Opening the journal's file: durability pragmas, schema, and what to do with a file that is not a journal any more. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { assertUsable } from '../../protocol/process/access.ts';
import { HostFault } from '../../protocol/process/fault.ts';
import { makeFile, makeFolder } from '../../protocol/process/owner.ts';
import { codeOf, DeviceError, messageOf } from '../errors.ts';
import { finishMoves, type Known, NOTHING_KNOWN, setFileAside, type Why } from './set-aside.ts';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS boots(id INTEGER PRIMARY KEY, boot TEXT NOT NULL UNIQUE, offset_ms REAL, clock INTEGER);
  CREATE TABLE IF NOT EXISTS votes(
    seq INTEGER PRIMARY KEY, rating INTEGER NOT NULL, at INTEGER NOT NULL, clock INTEGER NOT NULL,
    boot INTEGER NOT NULL REFERENCES boots(id), mono INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS totals(rating INTEGER PRIMARY KEY, votes INTEGER NOT NULL);
  INSERT OR IGNORE INTO totals VALUES (0, 0), (1, 0), (2, 0);
  PRAGMA user_version = 1;
`;

export type OpenedFile = {
  db: Database.Database;
  epoch: string;
  /** Why it can be read but not written now (a full disk); null when it can be written. */
  unwritable: unknown;
};

export type OpenFileOptions = {
  path: string;
  /** The terminal whose journal it is to be; left out while that is not known. */
  terminalId?: string | undefined;
  wallMs: () => number;
  /** A file that the card does not give back is as good as a damaged one. */
  unreadableIsDamaged?: boolean;
  /** What the process knows of the votes in it, should it have to be set aside. */
  known?: Known;
};

/** Throws `journal-in-use`, `journal-not-durable`, `disk-full`, `storage-not-ours`, `storage-read-only` or `journal-cannot-open`. A corrupt file is renamed, not deleted. */
export function openJournalFile(options: OpenFileOptions): OpenedFile {
  const { path, wallMs, unreadableIsDamaged = false } = options;
  const salvaged: { known: Known } = { known: NOTHING_KNOWN };
  let why: Why;
  try {
    if (path !== ':memory:') {
      makeFolder(dirname(path), 0o777);
      finishMoves(path, wallMs());
    }
    return open(options, salvaged);
  } catch (error) {
    if (path === ':memory:') throw error;
    why = codeOf(error) === 'journal-moved' ? 'moved' : 'corrupt';
    if (why === 'corrupt' && !isCorrupt(error) && !(unreadableIsDamaged && isUnreadable(error)))
      throw toOpenError(path, error);
  }
  try {
    setFileAside(path, why, wallMs(), options.known ?? salvaged.known);
    return open(options, salvaged);
  } catch (error) {
    throw toOpenError(path, error);
  }
}

export function isCorrupt(error: unknown): boolean {
  return /^SQLITE_(CORRUPT|NOTADB)/.test(codeOf(error)) || codeOf(error) === 'journal-damaged';
}

/** The card does not give back what is on it. It may the next time. */
export function isUnreadable(error: unknown): boolean {
  const cause = error instanceof DeviceError && error.cause !== undefined ? error.cause : error;
  return /^SQLITE_IOERR(_READ|_SHORT_READ|_CORRUPTFS|_DATA)?$/.test(codeOf(cause));
}

export function isDiskFull(error: unknown): boolean {
  return /^(SQLITE_FULL|ENOSPC|EDQUOT)$/.test(codeOf(error));
}

function toOpenError(path: string, error: unknown): DeviceError {
  if (error instanceof DeviceError) return error;
  if (/^SQLITE_(BUSY|LOCKED)/.test(codeOf(error)))
    return new DeviceError('journal-in-use', `another process holds the journal ${path}`, error);
  if (isDiskFull(error))
    return new DeviceError('disk-full', `the disk is full: no room for the journal ${path}`, error);
  const { code, message } = findHostFault(path) ?? {};
  if (code !== undefined) return new DeviceError(code, message as string, error);
  return new DeviceError(
    'journal-cannot-open',
    `cannot open the journal ${path}: ${messageOf(error)}`,
    error,
  );
}

/** SQLite says only that it cannot: this says whose it is, or that the disk takes nothing. */
function findHostFault(path: string): HostFault | null {
  try {
    assertUsable(dirname(path), [path, `${path}-wal`], 'write');
    return null;
  } catch (error) {
    return error instanceof HostFault ? error : null;
  }
}

function open({ path, terminalId }: OpenFileOptions, salvaged: { known: Known }): OpenedFile {
  let db: Database.Database | undefined;
  try {
    const isNew = path === ':memory:' || !existsSync(path);
    if (path !== ':memory:') makeFile(path, 0o644);
    db = new Database(path, { timeout: 2_000 });
    // Two agents on one journal would give one seq twice. The lock ends with the process, even by kill -9.
    db.pragma('locking_mode = EXCLUSIVE');
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('wal_autocheckpoint = 256');
    db.pragma('journal_size_limit = 4194304');
    if (!isNew) salvaged.known = lookInto(db);
    if (!isNew) assertOwn(db, terminalId);
    const { epoch, unwritable } = prepare(db, terminalId);
    if (unwritable === null) assertDurable(db, path);
    assertWhole(db);
    return { db, epoch, unwritable };
  } catch (error) {
    try {
      db?.close();
    } catch {
      // What is wrong with it is told by the first error.
    }
    throw error;
  }
}

/** One transaction. It writes at every open: the durability pragmas can only be trusted after a write. */
function prepare(
  db: Database.Database,
  terminalId: string | undefined,
): { epoch: string; unwritable: unknown } {
  const readEpoch = () =>
    db.prepare(`SELECT value FROM meta WHERE key = 'epoch'`).pluck().get() as string | undefined;
  const run = db.transaction(() => {
    db.exec(SCHEMA);
    db.prepare(`INSERT OR IGNORE INTO meta VALUES ('epoch', ?), ('acked', '0'), ('opens', '0')`).run(
      randomBytes(16).toString('hex'),
    );
    db.prepare(`UPDATE meta SET value = value + 1 WHERE key = 'opens'`).run();
    if (terminalId !== undefined)
      db.prepare(`INSERT OR IGNORE INTO meta VALUES ('terminal', ?)`).run(terminalId);
  });
  try {
    run.immediate();
    return { epoch: readEpoch() as string, unwritable: null };
  } catch (error) {
    // A journal that was begun in better times can still be read, and sent.
    if (!isDiskFull(error)) throw error;
    const epoch = readIfThere(readEpoch);
    if (epoch === undefined) throw error;
    return { epoch, unwritable: error };
  }
}

/** A box that was given to another window: its votes would be counted once more, for the wrong window. */
function assertOwn(db: Database.Database, terminalId: string | undefined): void {
  if (terminalId === undefined) return;
  const owner = readIfThere(
    () => db.prepare(`SELECT value FROM meta WHERE key = 'terminal'`).pluck().get() as string | undefined,
  );
  if (owner !== undefined && owner !== terminalId)
    throw new DeviceError('journal-moved', `this journal is of terminal ${owner}`);
}

function readIfThere<T>(read: () => T | undefined): T | undefined {
  try {
    return read();
  } catch (error) {
    if (codeOf(error) === 'SQLITE_ERROR') return undefined; // no such table
    throw error;
  }
}

/** For the note beside a file that has to be set aside: whatever a damaged one still says. */
function lookInto(db: Database.Database): Known {
  try {
    const of = (key: string) => db.prepare('SELECT value FROM meta WHERE key = ?').pluck().get(key) as string;
    const last = db.prepare('SELECT sum(votes) FROM totals').pluck().get() as number;
    return { epoch: of('epoch'), unsent: Math.max(0, last - Number(of('acked'))), last };
  } catch {
    return NOTHING_KNOWN;
  }
}

function assertDurable(db: Database.Database, path: string): void {
  const mode = db.pragma('journal_mode', { simple: true });
  const synchronous = db.pragma('synchronous', { simple: true });
  const modeIsRight = mode === 'wal' || path === ':memory:';
  if (!modeIsRight || synchronous !== 2)
    throw new DeviceError(
      'journal-not-durable',
      `the journal runs with journal_mode=${mode}, synchronous=${synchronous}; wanted wal and 2 (FULL)`,
    );
}

/** The next seq is the sum of the totals plus one, so they must agree with the votes kept; and pages must be readable. */
function assertWhole(db: Database.Database): void {
  const check = db.pragma('quick_check(1)', { simple: true });
  if (check !== 'ok') throw new DeviceError('journal-damaged', `quick_check says: ${check}`);
  const sum = db.prepare('SELECT sum(votes) FROM totals').pluck().get() as number;
  const range = db
    .prepare('SELECT min(seq) AS first, max(seq) AS last, count(*) AS kept FROM votes')
    .get() as {
    first: number | null;
    last: number | null;
    kept: number;
  };
  if (range.last === null || range.first === null) return;
  if (range.last !== sum || range.kept !== range.last - range.first + 1)
    throw new DeviceError('journal-damaged', `totals say ${sum} votes, the last one kept is ${range.last}`);
}
