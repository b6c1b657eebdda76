/** Opening the journal's file: durability pragmas, schema, and what to do with a file that is not a journal any more. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { codeOf, DeviceError, messageOf } from './errors.ts';

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

export type OpenedFile = { db: Database.Database; epoch: string; setAside: string | null };

/** Throws `journal-in-use`, `journal-not-durable` or `journal-cannot-open`. A corrupt file is renamed, not deleted. */
export function openJournalFile(path: string, wallMs: () => number): OpenedFile {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
  try {
    return { ...open(path), setAside: null };
  } catch (error) {
    if (!isCorrupt(error)) throw error;
  }
  const setAside = setFileAside(path, 'corrupt', wallMs());
  return { ...open(path), setAside };
}

/** Renames the journal with its WAL beside it, so that a technician can still read what is in there. */
export function setFileAside(path: string, why: string, timeMs: number): string {
  const target = `${path}.${why}-${Math.round(timeMs)}`;
  for (const suffix of ['', '-wal', '-shm'])
    if (existsSync(path + suffix)) renameSync(path + suffix, target + suffix);
  return target;
}

export function isCorrupt(error: unknown): boolean {
  return /^SQLITE_(CORRUPT|NOTADB)/.test(codeOf(error)) || codeOf(error) === 'journal-damaged';
}

function open(path: string): { db: Database.Database; epoch: string } {
  let db: Database.Database | undefined;
  try {
    db = new Database(path, { timeout: 2_000 });
    // Two agents on one journal would give one seq twice. The lock ends with the process, even by kill -9.
    db.pragma('locking_mode = EXCLUSIVE');
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('wal_autocheckpoint = 256');
    db.pragma('journal_size_limit = 4194304');
    const epoch = prepare(db);
    assertDurable(db, path);
    assertWhole(db);
    return { db, epoch };
  } catch (error) {
    db?.close();
    if (error instanceof DeviceError || isCorrupt(error)) throw error;
    if (/^SQLITE_(BUSY|LOCKED)/.test(codeOf(error)))
      throw new DeviceError('journal-in-use', `another process holds the journal ${path}`, error);
    throw new DeviceError(
      'journal-cannot-open',
      `cannot open the journal ${path}: ${messageOf(error)}`,
      error,
    );
  }
}

/** One transaction. It writes at every open: the durability pragmas can only be trusted after a write. */
function prepare(db: Database.Database): string {
  const run = db.transaction(() => {
    db.exec(SCHEMA);
    db.prepare(`INSERT OR IGNORE INTO meta VALUES ('epoch', ?), ('acked', '0'), ('opens', '0')`).run(
      randomBytes(16).toString('hex'),
    );
    db.prepare(`UPDATE meta SET value = value + 1 WHERE key = 'opens'`).run();
  });
  run.immediate();
  return db.prepare(`SELECT value FROM meta WHERE key = 'epoch'`).pluck().get() as string;
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
