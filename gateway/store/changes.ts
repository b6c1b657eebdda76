/**
 * How what is stored is changed: in one transaction, together with the line of the audit that says who did it and why. What a
 * change gives back can only be had for that line, so the compiler shows every place that forgot it.
 */
import type { Actor } from '../domain/actor.ts';
import type { AuditTarget } from '../domain/audit-target.ts';
import type { Lease } from './leases.ts';

/** Who asks, and from where: an address or `local`. */
export type By = { actor: Actor; origin: string };

/** `action` is a word like `session.open` or `terminal.add`. `detail` never holds a secret. */
export type AuditLine = { by: By; action: string; target: AuditTarget; detail?: Record<string, unknown> };

declare const audited: unique symbol;
/** What only the audit gives. */
export type Audited<T> = { readonly [audited]: T };

export type AuditTx = {
  /** Adds the line (or several, in their order), and lets the change end with this result. @throws what the limit of the audit throws. */
  audited<T>(lines: AuditLine | readonly [AuditLine, ...AuditLine[]], result: T): Promise<Audited<T>>;
  /** There was nothing to change. @throws Error where something was written. */
  unchanged<T>(result: T): Audited<T>;
};

export interface Changes<Tx> {
  /**
   * Everything that `act` writes is on the disk when this is fulfilled, or nothing is. `act` awaits nothing but `tx`: the
   * database is held for it alone.
   * @param held what only one gateway does is done only while it has that. @throws LeaseLost, and nothing is done
   */
  change<T>(act: (tx: Tx & AuditTx) => Promise<Audited<T>>, held?: Lease): Promise<T>;
}
