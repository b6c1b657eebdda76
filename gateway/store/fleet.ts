/** The port to what lets terminals in: their certificates, and the codes that new ones enrol with. */
import type { Changes } from './changes.ts';
import type { TerminalRecord } from './org.ts';

export type CertificateRecord = {
  /** Hexadecimal, upper case. */
  serial: string;
  terminalKey: number;
  /** SHA-256 of the public key, hexadecimal. */
  publicKey: string;
  issuedAt: number;
  expiresAt: number;
  firstUsedAt: number | null;
  revokedAt: number | null;
  /** Of the revocation: `superseded`, or what the person said. */
  reason: string | null;
};

export type NewCertificate = Pick<
  CertificateRecord,
  'serial' | 'terminalKey' | 'publicKey' | 'issuedAt' | 'expiresAt'
>;

export type CertificateUse = Pick<CertificateRecord, 'serial' | 'terminalKey' | 'publicKey' | 'expiresAt'> & {
  at: number;
};

export type EnrolmentRecord = {
  terminalKey: number;
  /** SHA-256 of the code's secret. */
  secretHash: Buffer;
  /** 0: the certificate that it was for has connected. */
  expiresAt: number;
  /** The key that it was used with first: it is good for no other. */
  publicKey: string | null;
};

export interface FleetReads {
  terminal(id: string): Promise<TerminalRecord | undefined>;
  /** Of each terminal, or of one; the oldest first. */
  certificates(terminalKey?: number): Promise<CertificateRecord[]>;
  enrolments(): Promise<EnrolmentRecord[]>;
}

export interface FleetTx extends FleetReads {
  /** @throws OrgRefusal `id-taken`, `window-unknown`. */
  addTerminal(terminal: { id: string; windowId: string }): Promise<void>;
  /** One that is there already stays as it is. */
  addCertificate(certificate: NewCertificate): Promise<void>;
  /** One, or (null) all of a terminal's. @returns the serials that were not revoked before. */
  revokeCertificates(
    terminalKey: number,
    serial: string | null,
    at: number,
    reason: string,
  ): Promise<string[]>;
  /** Takes the place of the terminal's earlier code. */
  openEnrolment(enrolment: Omit<EnrolmentRecord, 'publicKey'>): Promise<void>;
  /** @returns false when this code is bound to another key, or not the terminal's open one any more. */
  bindEnrolment(terminalKey: number, secretHash: Buffer, publicKey: string): Promise<boolean>;
  closeEnrolment(terminalKey: number): Promise<void>;
}

export interface FleetStore extends FleetReads, Changes<FleetTx> {
  /**
   * Notes first uses, in one transaction: what the terminal was issued before is revoked as `superseded`, and its code is
   * closed. One that is not known (issued after the backup that this store was restored from) is added.
   */
  noteCertificateUses(uses: readonly CertificateUse[]): Promise<void>;
}
