/** The audit: rows chained by hash, so that none can be changed, removed or put in between without it showing. */
import { createHash } from 'node:crypto';
import type { Connection } from './database.ts';
import type { AuditEntry, AuditRow, Store } from './store.ts';

const NONE = Buffer.alloc(32);

/** SHA-256 over the hash before it and the row's own fields, as a JSON array. */
function hashOf(before: Buffer, seq: number, entry: AuditEntry): Buffer {
  const { at, actor, origin, action, target, detail } = entry;
  const fields = [seq, at, actor, origin, action, target, JSON.stringify(detail)];
  return createHash('sha256').update(before).update(JSON.stringify(fields)).digest();
}

type Row = Omit<AuditRow, 'detail' | 'hash'> & { detail: string; hash: Buffer };

export function createAuditTable(db: Connection): Pick<Store, 'appendAudit' | 'auditEntries'> {
  const last = db.prepare('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1');
  const insert = db.prepare('INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const select = db.prepare('SELECT * FROM audit WHERE seq < ? ORDER BY seq DESC LIMIT ?');
  const append = db.transaction((entry: AuditEntry) => {
    const { at, actor, origin, action, target, detail } = entry;
    const { seq: lastSeq, hash: before } = (last.get() ?? { seq: 0, hash: NONE }) as Row;
    const seq = lastSeq + 1;
    const hash = hashOf(before, seq, entry);
    insert.run(seq, at, actor, origin, action, target, JSON.stringify(detail), hash);
  });
  return {
    appendAudit: (entry) => append.immediate(entry),
    auditEntries: ({ before = Number.MAX_SAFE_INTEGER, limit }) =>
      (select.all(before, limit) as Row[]).map((row) => ({
        ...row,
        detail: JSON.parse(row.detail) as AuditEntry['detail'],
        hash: row.hash.toString('hex'),
      })),
  };
}
