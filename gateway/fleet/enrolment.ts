/** How terminals get certificates: a new one with a code, one that has a certificate already in its own name. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { Compile } from 'typebox/compile';
import { type CertificateAnswer, SigningRequest } from '../../protocol/identity.ts';
import type { AuditTarget } from '../domain/audit-target.ts';
import { createTokenBuckets } from '../domain/token-buckets.ts';
import type { CodeRefusal } from '../mqtt/broker.ts';
import type { RegisteredTerminal } from '../org/registry.ts';
import type { By } from '../store/changes.ts';
import type { EnrolmentRecord, FleetStore } from '../store/fleet.ts';

const signingRequest = Compile(SigningRequest);

/** What enrolment needs of the authority. Rejects with a coded error for a request that it does not sign. */
export type Signer = {
  readonly certificate: string;
  issueTerminal(terminalId: string, csr: string, days: number): Promise<SignedCertificate>;
};
export type SignedCertificate = { pem: string; serial: string; expiresAt: number; publicKey: string };

/** Over which connection a request came: with the code that it was let in with, or (null) with a certificate. */
export type Asker = { code: string | null; address: string; isOpen(): boolean };

export type Enrolment = {
  /** The name of the terminal's open code, if this is its secret. Whoever holds the secret is told why it does not open any more. */
  admits(terminal: RegisteredTerminal, secret: Buffer): { code: string } | { refused: CodeRefusal };
  /** For connections that are there: has no other code taken its place, and is it not used or expired? */
  isOpen(code: string): boolean;
  answer(terminal: RegisteredTerminal, payload: Buffer, from: Asker): Promise<CertificateAnswer>;
  reload(): Promise<void>;
};

export type EnrolmentDeps = {
  store: FleetStore;
  authority: Signer;
  now: () => number;
  monotonic: () => number;
  /** How long a certificate is good for. */
  days: number;
  /** Reads what other processes have changed in the store, and cuts the connections that are not welcome any more. */
  follow(): Promise<boolean>;
  /** It is on record. */
  issued(terminal: RegisteredTerminal, certificate: SignedCertificate, from: Asker): Promise<void>;
};

const DAY_MS = 86_400_000;
/** A terminal asks for the next certificate when this part of the present one's life is over. */
const RENEW_AFTER = 2 / 3;
/** Requests of one terminal: each costs the gateway some milliseconds, and an honest one makes two a year. */
const REQUESTS_PER_S = 1 / 60;
const REQUEST_BURST = 8;

/** SHA-256 of a code's secret: 128 random bits that the gateway has made, so there is nothing for a slow hash to protect. */
export function hashSecret(secret: Buffer | string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** The end of a code whose certificate has connected. */
const USED_UP = 0;

/** What is kept of a code's secret names it. */
const nameOf = ({ secretHash }: EnrolmentRecord): string => secretHash.toString('hex');

export async function createEnrolment({
  store,
  authority,
  now,
  monotonic,
  days,
  follow,
  issued,
}: EnrolmentDeps): Promise<Enrolment> {
  const rate = createTokenBuckets(REQUESTS_PER_S, REQUEST_BURST);
  let open = new Map<number, EnrolmentRecord>();
  let byName = new Map<string, EnrolmentRecord>();
  const reload = async () => {
    const records = await store.enrolments();
    open = new Map(records.map((record) => [record.terminalKey, record]));
    byName = new Map(records.map((record) => [nameOf(record), record]));
  };
  await reload();

  return {
    admits(terminal, secret) {
      const record = open.get(terminal.key);
      if (record === undefined || !timingSafeEqual(hashSecret(secret), record.secretHash))
        return { refused: 'code-wrong' };
      if (record.expiresAt === USED_UP) return { refused: 'code-used' };
      return record.expiresAt > now() ? { code: nameOf(record) } : { refused: 'code-expired' };
    },
    isOpen: (code) => (byName.get(code)?.expiresAt ?? USED_UP) > now(),
    async answer(terminal, payload, from) {
      let request: unknown;
      try {
        request = JSON.parse(payload.toString('utf8'));
      } catch {
        return { refused: 'csr-invalid' };
      }
      if (!signingRequest.Check(request)) return { refused: 'csr-invalid' };
      if (!rate.take(terminal.key, monotonic())) return { refused: 'csr-too-many' };
      let certificate: SignedCertificate;
      try {
        certificate = await authority.issueTerminal(terminal.id, request.csr, days);
      } catch (error) {
        if ((error as { code?: string }).code === 'csr-invalid') return { refused: 'csr-invalid' };
        throw error;
      }
      // A revocation counts from its commit on: nobody gets a new certificate for one that is withdrawn.
      await follow();
      const { pem, serial, expiresAt, publicKey } = certificate;
      const issuedAt = now();
      const refused = await store.change<'code-expired' | 'code-used' | null>(async (tx) => {
        if (!from.isOpen()) return tx.unchanged('code-expired');
        if (from.code !== null) {
          // The code it came in with, not whichever is open now: that one was given to somebody else.
          const record = (await tx.enrolments()).find(({ terminalKey }) => terminalKey === terminal.key);
          if (!record || record.expiresAt <= now() || nameOf(record) !== from.code)
            return tx.unchanged('code-expired');
          // Of one code only one key can come; the same one may ask again, when the answer was lost.
          if (!(await tx.bindEnrolment(terminal.key, record.secretHash, publicKey)))
            return tx.unchanged('code-used');
        }
        await tx.addCertificate({ serial, terminalKey: terminal.key, publicKey, issuedAt, expiresAt });
        const by: By = { actor: { kind: 'terminal', id: terminal.id }, origin: from.address };
        const detail = { serial, expiresAt, enrolling: from.code !== null };
        const target: AuditTarget = { kind: 'terminal', id: terminal.id };
        return tx.audited({ by, action: 'certificate.issue', target, detail }, null);
      });
      if (refused !== null) return { refused };
      await issued(terminal, certificate, from);
      const renewAfter = Math.floor(issuedAt + days * DAY_MS * RENEW_AFTER);
      return { certificate: pem, authority: authority.certificate, renewAfter };
    },
    reload,
  };
}
