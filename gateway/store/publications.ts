/** The port to published figures: versions that are added, and never changed or removed. */
import type { Changes } from './changes.ts';

/** `head` and `body` are canonical JSON; `sha256` is of the two with a line feed between, in hexadecimal digits. */
export type KeptPublication = { id: string; version: number; head: string; body: string; sha256: string };
export type Withdrawal = { id: string; version: number; at: number; by: string; reason: string };
export type PublicationHead = Omit<KeptPublication, 'body'> & { withdrawal: Withdrawal | null };

export interface PublicationReads {
  /** Without their figures, newest first. @throws StoreFailure */
  heads(): Promise<PublicationHead[]>;
  find(id: string, version: number): Promise<KeptPublication | null>;
}

export interface PublicationTx extends PublicationReads {
  /** @throws OrgRefusal `publication-version-taken` */
  add(publication: KeptPublication): Promise<void>;
  withdraw(withdrawal: Withdrawal): Promise<void>;
}

export interface PublicationStore extends PublicationReads, Changes<PublicationTx> {}
