/** The audit: rows that are only ever added, each chained to the one before it (audit-chain.ts), the last one signed. */
import { BEGINNING, type Head, headMac, isGenuineHead, rowHash } from '../audit-chain.ts';
import { type AuditEntry, type AuditRow, type Store, StoreFailure } from '../store.ts';
import type { Connection } from './database.ts';

type Row = Omit<AuditRow, 'detail' | 'hash'> & { detail: string; hash: Buffer };

export function createAuditTable(
  db: Connection,
  key: Buffer | null,
): Pick<Store, 'appendAudit' | 'auditEntries' | 'auditHead'> {
  const selectHead = db.prepare('SELECT seq, hash, mac FROM audit_head WHERE key = 1');
  const highest = db.prepare('SELECT coalesce(max(seq), 0) FROM audit').pluck();
  const insert = db.prepare('INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const updateHead = db.prepare('INSERT OR REPLACE INTO audit_head VALUES (1, ?, ?, ?)');
  const select = db.prepare(
    `SELECT seq, at, actor, origin, action, target, detail, hash FROM audit
     WHERE seq < ? ORDER BY seq DESC LIMIT ?`,
  );

  /**
   * Where the next row goes. After an end that does not hold, work goes on, but never over the traces: a number is left
   * out, which no verification overlooks.
   */
  const nextPlace = (signer: Buffer): { seq: number; prior: Buffer } => {
    const head = selectHead.get() as Head | undefined;
    const last = highest.get() as number;
    if (!head || !isGenuineHead(signer, head)) return { seq: last + 2, prior: BEGINNING };
    return { seq: Math.max(head.seq, last) + 1, prior: head.hash };
  };

  const append = db.transaction((signer: Buffer, entry: AuditEntry) => {
    const { at, actor, origin, action, target } = entry;
    const { seq, prior } = nextPlace(signer);
    const detail = JSON.stringify(entry.detail);
    const hash = rowHash(signer, seq, { at, actor, origin, action, target, detail, prior });
    insert.run(seq, at, actor, origin, action, target, detail, prior, hash);
    updateHead.run(seq, hash, headMac(signer, seq, hash));
  });

  return {
    appendAudit(entry) {
      if (!key)
        throw new StoreFailure(
          'audit-key-missing',
          'the audit.key beside the database is gone: put the one of a backup back; nothing that needs an audit is done without it',
        );
      append.immediate(key, entry);
    },
    auditHead() {
      const head = selectHead.get() as Head | undefined;
      return head ? { seq: head.seq, hash: head.hash.toString('hex') } : null;
    },
    auditEntries: ({ before = Number.MAX_SAFE_INTEGER, limit }) =>
      (select.all(before, limit) as Row[]).map((row) => ({
        ...row,
        detail: readDetail(row.detail),
        hash: row.hash.toString('hex'),
      })),
  };
}

/** A row that somebody has changed must not hide the others. */
function readDetail(text: string): AuditEntry['detail'] {
  try {
    return JSON.parse(text) as AuditEntry['detail'];
  } catch {
    return { unreadable: text };
  }
}
