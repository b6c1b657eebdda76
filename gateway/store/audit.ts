/** The port to the audit: what was done, by whom, from where. Rows are only ever added, each with the change that it tells of. */
import type { Changes } from './changes.ts';

/**
 * Who did what to which thing, from where, in the text that is chained: an AuditLine, written down. `actor` is as `writeActor`
 * has it, `target` as `writeTarget`; `origin` an address or `local`. `detail` never holds a secret.
 */
export type AuditEntry = {
  at: number;
  actor: string;
  origin: string;
  action: string;
  target: string;
  detail: Record<string, unknown>;
};
export type AuditRow = AuditEntry & { seq: number; hash: string };

/** Its changes are lines about what changes nothing that is stored: an export, say. */
export interface AuditStore extends Changes<object> {
  /** Newest first. */
  entries(page: { before?: number; limit: number }): Promise<AuditRow[]>;
  /** Number and hash (hexadecimal) of the last row; worth writing down elsewhere. */
  head(): Promise<{ seq: number; hash: string } | null>;
}
