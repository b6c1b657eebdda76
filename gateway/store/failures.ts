/** How what was asked of a store ends otherwise than asked. */
import type { OrgCode } from '../domain/refusals.ts';

/**
 * `storage-full`, `storage-io`, `storage-busy`, `storage-damaged` or `storage-failed`; `database-…` where that is a server. What the refused call was to write is
 * not to be counted on; after a failure of the disk it may still be found stored once `probe` has opened the store again.
 */
export class StoreFailure extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreFailure';
    this.code = code;
  }
}

/** A refusal of what was asked, e.g. `unit-unknown`, `id-taken`. */
export class OrgRefusal extends Error {
  readonly code: OrgCode;
  constructor(code: OrgCode, message: string) {
    super(message);
    this.name = 'OrgRefusal';
    this.code = code;
  }
}
