/** The audit as it is read, and lines of it that stand for themselves. */
import type { AuditEntry, AuditStore } from '../audit.ts';
import { type AuditDeps, createChanges } from './changes.ts';
import type { SqlDatabase } from './sql-database.ts';

export function createAuditStore(database: SqlDatabase, deps: AuditDeps): AuditStore {
  const { queries } = database;
  return {
    ...createChanges(database, deps, () => ({}), 'asked'),
    async entries({ before = Number.MAX_SAFE_INTEGER, limit }) {
      const rows = await queries
        .selectFrom('audit')
        .select(['seq', 'at', 'actor', 'origin', 'action', 'target', 'detail', 'hash'])
        .where('seq', '<', before)
        .orderBy('seq', 'desc')
        .limit(limit)
        .execute();
      return rows.map((row) => ({ ...row, detail: readDetail(row.detail), hash: row.hash.toString('hex') }));
    },
    async head() {
      const head = await queries
        .selectFrom('audit_head')
        .select(['seq', 'hash'])
        .where('key', '=', 1)
        .executeTakeFirst();
      return head ? { seq: head.seq, hash: head.hash.toString('hex') } : null;
    },
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
