/** What technicians do with terminals, at the command line and over HTTP alike; each act is in the audit or not done. */
import { randomBytes } from 'node:crypto';
import { formatEnrolmentCode, SECRET_BYTES, toBase32 } from '../../protocol/enrolment-code.ts';
import { readReason } from '../audit/reasons.ts';
import { type CertificateRecord, OrgRefusal, type Store } from '../store/store.ts';
import { hashSecret, type SignedCertificate, type Signer } from './enrolment.ts';

type By = { actor: string; origin: string };

export type Code = { code: string; expiresAt: number };

export type Provisioning = {
  /** @throws OrgRefusal `id-taken`, `window-unknown`. */
  add(by: By, terminal: { id: string; windowId: string }, hours: number): Code;
  /** For a new card, or after a revocation. @throws OrgRefusal `terminal-unknown`. */
  openCode(by: By, terminalId: string, hours: number): Code;
  /** For a request brought by hand. Rejects with `csr-invalid`, `terminal-unknown`. */
  certify(by: By, terminalId: string, csr: string, days: number): Promise<SignedCertificate>;
  certificates(terminalId: string): CertificateRecord[];
  /**
   * One, or (null) all of them and the open code. @returns the serials.
   * @throws OrgRefusal `certificate-unknown`, `certificate-revoked`, `reason-invalid`.
   */
  revoke(by: By, terminalId: string, serial: string | null, reason: string): string[];
};

export type ProvisioningDeps = {
  store: Store;
  authority: Signer & { readonly fingerprint: string };
  audit(by: By, action: string, target: string, detail: Record<string, unknown>): void;
  now: () => number;
  /** The store is another now: for whoever holds a part of it in memory. */
  changed?(): void;
};

export const DEFAULT_CODE_HOURS = 24;
export const MAX_CODE_HOURS = 24 * 30;
const HOUR_MS = 3_600_000;

export function createProvisioning(deps: ProvisioningDeps): Provisioning {
  const { store, authority, audit, now, changed = () => {} } = deps;
  const keyOf = (terminalId: string): number => {
    const terminal = store.terminals().find(({ id }) => id === terminalId);
    if (terminal) return terminal.key;
    throw new OrgRefusal('terminal-unknown', `there is no terminal ${terminalId}: list the terminals`);
  };
  const openCode = (by: By, terminalId: string, hours: number): Code => {
    const secret = toBase32(randomBytes(SECRET_BYTES));
    const expiresAt = now() + hours * HOUR_MS;
    store.atomic(() => {
      const terminalKey = keyOf(terminalId);
      audit(by, 'terminal.code', `terminal:${terminalId}`, { expiresAt });
      store.openEnrolment({ terminalKey, secretHash: hashSecret(secret), expiresAt });
    });
    changed();
    return { code: formatEnrolmentCode({ terminalId, secret, authority: authority.fingerprint }), expiresAt };
  };

  return {
    add(by, { id, windowId }, hours) {
      store.atomic(() => {
        audit(by, 'terminal.add', `terminal:${id}`, { windowId });
        store.addTerminal({ id, windowId });
      });
      return openCode(by, id, hours);
    },
    openCode,
    async certify(by, terminalId, csr, days) {
      const terminalKey = keyOf(terminalId);
      const issued = await authority.issueTerminal(terminalId, csr, days);
      const { serial, publicKey, expiresAt } = issued;
      store.atomic(() => {
        audit(by, 'certificate.issue', `terminal:${terminalId}`, { serial, expiresAt });
        store.addCertificate({ serial, terminalKey, publicKey, issuedAt: now(), expiresAt });
      });
      changed();
      return issued;
    },
    certificates: (terminalId) => store.certificates(keyOf(terminalId)),
    revoke(by, terminalId, serial, given) {
      const reason = readReason(given);
      const revoked = store.atomic(() => {
        const terminalKey = keyOf(terminalId);
        const serials = store.revokeCertificates(terminalKey, serial?.toUpperCase() ?? null, now(), reason);
        const held = store.certificates(terminalKey).some((one) => one.serial === serial?.toUpperCase());
        if (serials.length === 0 && held)
          throw new OrgRefusal('certificate-revoked', `the certificate ${serial} is revoked already`);
        if (serials.length === 0 && serial !== null)
          throw new OrgRefusal(
            'certificate-unknown',
            `${terminalId} has no certificate ${serial}: list its certificates`,
          );
        // A code that is open would be a way back in.
        if (serial === null) store.closeEnrolment(terminalKey);
        audit(by, 'certificate.revoke', `terminal:${terminalId}`, { serials, reason });
        return serials;
      });
      changed();
      return revoked;
    },
  };
}
