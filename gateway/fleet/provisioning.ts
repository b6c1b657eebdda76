/** What technicians do with terminals, at the command line and over HTTP alike; each act is in the audit or not done. */
import { randomBytes } from 'node:crypto';
import { formatEnrolmentCode, SECRET_BYTES, toBase32 } from '../../protocol/enrolment-code.ts';
import { readReason } from '../audit/reasons.ts';
import type { AuditTarget } from '../domain/audit-target.ts';
import type { By } from '../store/changes.ts';
import { OrgRefusal } from '../store/failures.ts';
import type { CertificateRecord, FleetReads, FleetStore, FleetTx } from '../store/fleet.ts';
import { hashSecret, type SignedCertificate, type Signer } from './enrolment.ts';

export type Code = { code: string; expiresAt: number };

export type Provisioning = {
  /** @throws OrgRefusal `id-taken`, `window-unknown`. */
  add(by: By, terminal: { id: string; windowId: string }, hours: number): Promise<Code>;
  /** For a new card, or after a revocation. @throws OrgRefusal `terminal-unknown`. */
  openCode(by: By, terminalId: string, hours: number): Promise<Code>;
  /** For a request brought by hand. Rejects with `csr-invalid`, `terminal-unknown`. */
  certify(by: By, terminalId: string, csr: string, days: number): Promise<SignedCertificate>;
  certificates(terminalId: string): Promise<CertificateRecord[]>;
  /**
   * One, or (null) all of them and the open code. @returns the serials.
   * @throws OrgRefusal `certificate-unknown`, `certificate-revoked`, `reason-invalid`.
   */
  revoke(by: By, terminalId: string, serial: string | null, reason: string): Promise<string[]>;
};

export type ProvisioningDeps = {
  store: FleetStore;
  authority: Signer & { readonly fingerprint: string };
  now: () => number;
  /** The store is another now: for whoever holds a part of it in memory. */
  changed?(): Promise<void>;
};

export const DEFAULT_CODE_HOURS = 24;
export const MAX_CODE_HOURS = 24 * 30;
const HOUR_MS = 3_600_000;

export function createProvisioning(deps: ProvisioningDeps): Provisioning {
  const { store, authority, now, changed = async () => {} } = deps;
  const newCode = async (tx: FleetTx, terminalId: string, hours: number): Promise<Code> => {
    const secret = toBase32(randomBytes(SECRET_BYTES));
    const expiresAt = now() + hours * HOUR_MS;
    const terminalKey = await keyOf(tx, terminalId);
    await tx.openEnrolment({ terminalKey, secretHash: hashSecret(secret), expiresAt });
    return { code: formatEnrolmentCode({ terminalId, secret, authority: authority.fingerprint }), expiresAt };
  };
  const thenTell = async <T>(change: Promise<T>): Promise<T> => {
    const result = await change;
    await changed();
    return result;
  };

  return {
    add: (by, { id, windowId }, hours) =>
      thenTell(
        store.change(async (tx) => {
          await tx.addTerminal({ id, windowId });
          const code = await newCode(tx, id, hours);
          const target: AuditTarget = { kind: 'terminal', id };
          return tx.audited(
            [
              { by, action: 'terminal.add', target, detail: { windowId } },
              { by, action: 'terminal.code', target, detail: { expiresAt: code.expiresAt } },
            ],
            code,
          );
        }),
      ),
    openCode: (by, id, hours) =>
      thenTell(
        store.change(async (tx) => {
          const code = await newCode(tx, id, hours);
          const detail = { expiresAt: code.expiresAt };
          return tx.audited({ by, action: 'terminal.code', target: { kind: 'terminal', id }, detail }, code);
        }),
      ),
    async certify(by, terminalId, csr, days) {
      await keyOf(store, terminalId);
      const issued = await authority.issueTerminal(terminalId, csr, days);
      const { serial, publicKey, expiresAt } = issued;
      return thenTell(
        store.change(async (tx) => {
          const terminalKey = await keyOf(tx, terminalId);
          await tx.addCertificate({ serial, terminalKey, publicKey, issuedAt: now(), expiresAt });
          const target: AuditTarget = { kind: 'terminal', id: terminalId };
          return tx.audited(
            { by, action: 'certificate.issue', target, detail: { serial, expiresAt } },
            issued,
          );
        }),
      );
    },
    certificates: async (terminalId) => store.certificates(await keyOf(store, terminalId)),
    revoke: async (by, terminalId, given, givenReason) => {
      const reason = readReason(givenReason);
      const serial = given?.toUpperCase() ?? null;
      return thenTell(
        store.change(async (tx) => {
          const terminalKey = await keyOf(tx, terminalId);
          const serials = await tx.revokeCertificates(terminalKey, serial, now(), reason);
          if (serial !== null && serials.length === 0)
            throw await refusalOf(tx, terminalId, terminalKey, serial);
          // A code that is open would be a way back in.
          if (serial === null) await tx.closeEnrolment(terminalKey);
          const detail = { serials, reason };
          return tx.audited(
            { by, action: 'certificate.revoke', target: { kind: 'terminal', id: terminalId }, detail },
            serials,
          );
        }),
      );
    },
  };
}

async function keyOf(reads: FleetReads, terminalId: string): Promise<number> {
  const terminal = await reads.terminal(terminalId);
  if (terminal) return terminal.key;
  throw new OrgRefusal('terminal-unknown', `there is no terminal ${terminalId}: list the terminals`);
}

/** Why that one certificate cannot be revoked. */
async function refusalOf(
  reads: FleetReads,
  terminalId: string,
  terminalKey: number,
  serial: string,
): Promise<OrgRefusal> {
  const isHeld = (await reads.certificates(terminalKey)).some((one) => one.serial === serial);
  return isHeld
    ? new OrgRefusal('certificate-revoked', `the certificate ${serial} is revoked already`)
    : new OrgRefusal(
        'certificate-unknown',
        `${terminalId} has no certificate ${serial}: list its certificates`,
      );
}
