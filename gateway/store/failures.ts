/** How what was asked of a store ends otherwise than asked. */
import type { OrgCode } from '../domain/refusals.ts';

/** What the storage itself cannot do; docs/trouble.md says of each what to do. */
type StorageCode =
  | 'storage-full'
  | 'storage-io'
  | 'storage-busy'
  | 'storage-damaged'
  | 'storage-failed'
  | 'storage-missing'
  | 'storage-newer'
  | 'storage-older'
  | 'storage-read-only'
  | 'storage-unsafe'
  | 'data-in-use'
  | 'file-unexpected'
  | 'check-failed';
/** … where the database is a server. */
type ServerCode =
  | 'database-unreachable'
  | 'database-timeout'
  | 'database-unreplicated'
  | 'database-interrupted'
  | 'database-busy'
  | 'database-standby'
  | 'database-refused'
  | 'database-unsafe'
  | 'database-elsewhere';
type BackupCode =
  | 'backup-changed'
  | 'backup-exists'
  | 'backup-failed'
  | 'backup-malformed'
  | 'backup-unfinished'
  | 'backup-unreadable'
  | 'restore-unfinished'
  | 'argument-missing';
/** Of what is kept secret, and of the audit that rests on it. */
type KeyCode =
  | 'audit-broken'
  | 'audit-key-damaged'
  | 'audit-key-foreign'
  | 'audit-key-missing'
  | 'authority-elsewhere'
  | 'authority-missing'
  | 'keys-unsealed'
  | 'seal-key-damaged'
  | 'seal-key-exposed'
  | 'seal-key-missing'
  | 'seal-key-wrong'
  | 'sealed-key-damaged';
export type StoreFailureCode = StorageCode | ServerCode | BackupCode | KeyCode;

/**
 * What the refused call was to write is not to be counted on; after a failure of the disk it may still be found stored once `probe`
 * has opened the store again.
 */
export class StoreFailure extends Error {
  readonly code: StoreFailureCode;
  constructor(code: StoreFailureCode, message: string, options?: ErrorOptions) {
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
