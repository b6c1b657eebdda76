/**
 * Holds the whole audit against its key: page by page, so that a million rows need no more memory than a thousand, and on
 * a read connection of its own, so that the gateway goes on writing meanwhile.
 */
import type Database from 'better-sqlite3';
import { BEGINNING, type ChainedRow, type Head, isGenuine, isGenuineHead, same } from '../audit-chain.ts';
import { StoreFailure } from '../failures.ts';
import { readAuditKey } from './audit-key.ts';
import { openForReading } from './database.ts';

export type AuditHead = { seq: number; hash: string };

/** The first place where the chain does not hold. */
export type AuditBreak = { seq: number; kind: 'changed' | 'removed' | 'inserted' | 'tail-cut'; what: string };

export type AuditVerdict =
  | { unbroken: true; entries: number; head: AuditHead }
  | { unbroken: false; entries: number; broken: AuditBreak };

const PAGE = 1_000;
/** How far rows may have been renumbered for the message to say which one is gone; found broken is found broken anyway. */
const RENUMBERED_BY = 1_000;

/** @param known a head that was written down earlier, which the chain must contain. */
export function verifyAudit(file: string, known?: AuditHead): AuditVerdict {
  const key = readAuditKey(file);
  if (!key)
    throw new StoreFailure(
      'audit-key-missing',
      'there is no audit.key beside the database: take the one of a backup',
    );
  const db = openForReading(file);
  try {
    return verify(db, key, known);
  } finally {
    db.close();
  }
}

function verify(db: Database.Database, key: Buffer, known?: AuditHead): AuditVerdict {
  const page = db.prepare('SELECT * FROM audit WHERE seq > ? ORDER BY seq LIMIT ?');
  const selectHead = db.prepare('SELECT seq, hash, mac FROM audit_head WHERE key = 1');
  const readHead = () => selectHead.get() as Head | undefined;
  let last: { seq: number; hash: Buffer } = { seq: 0, hash: BEGINNING };
  let entries = 0;
  const breakAt = (seq: number, kind: AuditBreak['kind'], what: string): AuditVerdict => ({
    unbroken: false,
    entries,
    broken: { seq, kind, what },
  });

  /** The next rows: null when they hold, and whether there are more. */
  const takePage = (): { verdict: AuditVerdict | null; more: boolean } => {
    const rows = page.all(last.seq, PAGE + 1) as ChainedRow[];
    for (const [at, row] of rows.slice(0, PAGE).entries()) {
      const broken = judge(key, last, row, rows[at + 1], readHead);
      if (broken) return { verdict: breakAt(broken.seq, broken.kind, broken.what), more: false };
      if (known?.seq === row.seq && known.hash !== row.hash.toString('hex')) {
        const what = 'the row is not the one whose hash was written down: another history stands here';
        return { verdict: breakAt(row.seq, 'changed', what), more: false };
      }
      last = { seq: row.seq, hash: row.hash };
      entries += 1;
    }
    return { verdict: null, more: rows.length > PAGE };
  };

  // Rows below 1 would never be read by the pages.
  const below = db.prepare('SELECT min(seq) FROM audit').pluck().get() as number | null;
  if (below !== null && below < 1) return breakAt(below, 'inserted', 'numbers begin at 1');
  for (;;) {
    const { verdict, more } = takePage();
    if (verdict) return verdict;
    if (!more) break;
  }
  // What was added meanwhile, and the end that belongs to it, at one moment.
  const finish = db.transaction((): AuditVerdict => {
    for (;;) {
      const { verdict, more } = takePage();
      if (verdict) return verdict;
      if (!more) break;
    }
    const head = readHead();
    if (!head) return breakAt(last.seq + 1, 'tail-cut', 'the signed end of the audit is gone');
    if (!isGenuineHead(key, head))
      return breakAt(last.seq + 1, 'tail-cut', 'the end of the audit is not genuine');
    if (head.seq > last.seq)
      return breakAt(last.seq + 1, 'tail-cut', `rows ${last.seq + 1} to ${head.seq} were removed`);
    if (head.seq < last.seq || !same(head.hash, last.hash))
      return breakAt(head.seq + 1, 'changed', 'the signed end is older than the last row');
    if (known && known.seq > last.seq)
      return breakAt(
        last.seq + 1,
        'tail-cut',
        `a head at row ${known.seq} was written down; rows after ${last.seq} are gone`,
      );
    return { unbroken: true, entries, head: { seq: last.seq, hash: last.hash.toString('hex') } };
  });
  return finish();
}

/** Null for a row that follows from the one before it; else what happened here, as far as it can be told. */
function judge(
  key: Buffer,
  last: { seq: number; hash: Buffer },
  row: ChainedRow,
  next: ChainedRow | undefined,
  readHead: () => Head | undefined,
): AuditBreak | null {
  const seq = last.seq + 1;
  const genuine = isGenuine(key, row);
  if (row.seq === seq && genuine && same(row.prior, last.hash)) return null;
  if (row.seq > seq && (genuine || !isGenuine(key, row, seq)))
    return { seq, kind: 'removed', what: `after row ${last.seq} comes row ${row.seq}` };
  if (genuine)
    return {
      seq,
      kind: 'inserted',
      what: `the row does not follow from row ${last.seq}: it is of another history`,
    };
  const original = originalSeq(key, row);
  if (original !== null && original > seq)
    return { seq, kind: 'removed', what: `row ${original} stands in its place` };
  if (original !== null) return { seq, kind: 'inserted', what: `it is a copy of row ${original}` };
  // A row that stood here is the one before the next; without such a next one, this row was made up.
  const nextIsHere = next !== undefined && isGenuine(key, next, seq) && same(next.prior, last.hash);
  if (nextIsHere) return { seq, kind: 'inserted', what: `the true row ${seq} comes after it` };
  const head = readHead();
  if (head && head.seq < seq && isGenuineHead(key, head))
    return { seq, kind: 'inserted', what: `the audit ends with row ${head.seq}` };
  return { seq, kind: 'changed', what: 'the row is not what was written' };
}

/** The number under which a renumbered row was written. */
function originalSeq(key: Buffer, row: ChainedRow): number | null {
  for (let by = 1; by <= RENUMBERED_BY; by++)
    for (const seq of [row.seq + by, row.seq - by]) if (isGenuine(key, row, seq)) return seq;
  return null;
}
