import type { AuditStore } from '../store/audit.ts';
import type { AuditLine } from '../store/changes.ts';

/** For what changes nothing that is stored, and is to be known of all the same: an export, say. It is on the disk when it is fulfilled. */
export type Audit = (line: AuditLine) => Promise<void>;

export function createAudit(store: AuditStore): Audit {
  return (line) => store.change((tx) => tx.audited(line, undefined));
}
