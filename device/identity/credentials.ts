/** What a terminal connects with: its certificate, a new one in time, the first one by a code. */
import { createHash } from 'node:crypto';
import { faultOfCode, parseEnrolmentCode } from '../../protocol/enrolment-code.ts';
import type { CertificateAnswer } from '../../protocol/identity.ts';
import { codeOf, DeviceError, messageOf } from '../errors.ts';
import type { Log } from '../log.ts';
import { enrol, isEnrolmentRefusal } from './enrolment.ts';
import type { Identity, IdentityStore } from './identity.ts';

/** Stands for the id of a terminal that does not know who it is. */
export const NOT_ENROLLED = 'not-enrolled';

export type Credentials = {
  /** Enrols first, if it has to. Rejects with a coded error when there is nothing to connect with. */
  obtain(): Promise<Identity>;
  /** What was obtained has connected. */
  confirm(): void;
  /** What was obtained was refused. @returns whether there is something else to try. */
  reject(): boolean;
  /** By the gateway's clock: when to ask for a new certificate; null when there is none yet. */
  renewAfter(): number | null;
  /** The message that asks for one. */
  request(): Promise<{ csr: string }>;
  /** @returns whether the answer brought a certificate, to be connected with next. */
  take(answer: CertificateAnswer): boolean;
};

export type CredentialsOptions = {
  terminalId: string;
  gatewayUrl: string;
  /** A technician's; null when there is none (any more). */
  enrolmentCode: string | null;
  store: IdentityStore;
  log: Log;
};

const CODE_FAULTS = {
  'cut-off': 'the enrolment code is cut off at its end: copy it whole, it has three parts with two dots',
  mistyped:
    'the enrolment code is mistyped: it has three parts with two dots, of 26 and 32 letters a-z and digits 2-7 in the last two',
};

/** What is wrong with a code, as far as can be seen without asking the gateway. */
export function faultIn(enrolmentCode: string | null): DeviceError | null {
  const fault = enrolmentCode === null ? null : faultOfCode(enrolmentCode);
  return fault && new DeviceError(`enrolment-code-${fault}`, CODE_FAULTS[fault]);
}

const hash = (code: string) => createHash('sha256').update(code.trim().toLowerCase()).digest('hex');

/** Which terminal this is: the code says so until it was used, then the certificate. Null: neither is there. */
export function terminalIdOf(store: IdentityStore, enrolmentCode: string | null): string | null {
  const held = store.get();
  const isNew = enrolmentCode !== null && held?.code !== hash(enrolmentCode);
  const named = isNew ? parseEnrolmentCode(enrolmentCode)?.terminalId : undefined;
  return named ?? held?.terminalId ?? null;
}

export function createCredentials(options: CredentialsOptions): Credentials {
  const { terminalId, gatewayUrl, enrolmentCode, store, log } = options;
  const code = enrolmentCode === null ? null : parseEnrolmentCode(enrolmentCode);
  const codeHash = enrolmentCode === null ? '' : hash(enrolmentCode);
  const fault = faultIn(enrolmentCode);
  if (fault !== null && store.get() !== null)
    log.warn({ code: fault.code }, `${fault.message}; going on with the certificate of before`);
  let refused = false;

  const request = async () => {
    const { createSigningRequest, generateKey } = await import('./signing-request.ts');
    return { csr: await createSigningRequest(terminalId, await store.pendingKey(terminalId, generateKey)) };
  };

  return {
    request,
    async obtain() {
      const held = store.get();
      const own = held?.terminalId === terminalId ? held : null;
      if (code === null || own?.code === codeHash || (refused && own !== null)) {
        if (own !== null) return own;
        if (fault !== null) throw fault;
        throw new DeviceError('not-enrolled', 'no certificate yet: set MANYI_ENROLMENT_CODE to a new code');
      }
      try {
        const answer = await enrol(gatewayUrl, code, (await request()).csr);
        store.propose({ ...answer, terminalId, code: codeHash });
        log.info({ terminal: terminalId }, 'enrolled: this terminal has its certificate');
      } catch (error) {
        refused = isEnrolmentRefusal(codeOf(error));
        if (!refused || own === null) throw error;
        log.warn({ code: codeOf(error) }, `${messageOf(error)}; going on with the certificate of before`);
        return own;
      }
      return store.get() as Identity;
    },
    confirm: store.confirm,
    reject: store.reject,
    renewAfter: () => store.get()?.renewAfter ?? null,
    take(answer) {
      const held = store.get();
      if ('refused' in answer || held === null) {
        log.warn(
          { code: 'renewal-refused', reason: 'refused' in answer ? answer.refused : '' },
          'no new certificate',
        );
        return false;
      }
      // The authority stays the one that the code named: an answer cannot bring in another.
      store.propose({ ...answer, authority: held.authority, terminalId, code: held.code });
      return true;
    },
  };
}
