/**
 * Holds the whole audit against its key: page by page, so that a million rows need no more memory than a thousand, and on
 * a read connection of its own, so that the gateway goes on writing meanwhile.
 */
import type Database from 'better-sqlite3';
import type { ChainedRow, Head } from '../audit-chain.ts';
import { type AuditHead, type AuditVerdict, createAuditCheck, numberedBelow } from '../audit-check.ts';
import { StoreFailure } from '../failures.ts';
import { readAuditKey } from './audit-key.ts';
import { openForReading } from './database.ts';

const PAGE = 1_000;

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
  const check = createAuditCheck(key, known);
  /** @returns null where all rows hold */
  const takeAll = (): AuditVerdict | null => {
    for (;;) {
      const rows = page.all(check.after(), PAGE + 1) as ChainedRow[];
      const verdict = check.take(rows, PAGE, readHead());
      if (verdict || rows.length <= PAGE) return verdict;
    }
  };

  const below = db.prepare('SELECT min(seq) FROM audit').pluck().get() as number | null;
  if (below !== null && below < 1) return numberedBelow(below);
  // What was added meanwhile, and the end that belongs to it, at one moment.
  const finish = db.transaction((): AuditVerdict => takeAll() ?? check.end(readHead()));
  return takeAll() ?? finish();
}
