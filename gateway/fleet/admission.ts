/**
 * Who may sign in over MQTT: certificate = client id = user name, or a new terminal's code. Decided before the broker ends an
 * older connection with the same id, so that a stolen name cuts nobody off.
 */
import type { Admission, Login } from '../mqtt/broker.ts';
import type { Registry } from '../org/registry.ts';
import type { Certificates } from './certificates.ts';
import type { Enrolment } from './enrolment.ts';

export type AdmissionDeps = {
  registry: Registry;
  certificates: Certificates;
  enrolment: Enrolment;
  /** Reads what other processes have changed in the store; @returns false when there is nothing. */
  follow(): Promise<boolean>;
  /** Writes into the audit that a certificate of ours that was not on record is taken. */
  adopt(terminalId: string, serial: string): Promise<void>;
};

/** A terminal gives up sooner than a database that stands still answers, and then comes less and less often. */
const LOOK_MS = 1_000;

export function createAdmission({ registry, certificates, enrolment, follow, adopt }: AdmissionDeps) {
  const decide = ({ terminalId, certificate, password }: Login): Admission => {
    const terminal = registry.terminal(terminalId);
    if (!terminal) return { refused: 'terminal-unknown' };
    if (certificate === null) return enrolment.admits(terminal, password);
    const refusal = certificates.refusalOf(terminal, certificate);
    if (refusal !== null) return { refused: refusal };
    certificates.used(terminal, certificate);
    return 'terminal';
  };
  /**
   * After a look at what is stored, every time: a revocation counts from its commit on, whichever gateway or command line has made it. One
   * look answers all that have come before it, so a whole city that comes at the same time costs some.
   */
  return async (login: Login): Promise<Admission> => {
    const { terminalId, certificate } = login;
    const looking = follow();
    if (!(await isOverIn(LOOK_MS, looking))) {
      // Nothing can be revoked while the database is away, and nothing stored: who is known may wait here for it.
      if (certificates.isKnown(certificate?.serial ?? '') && decide(login) === 'terminal') return 'terminal';
      await looking;
    }
    const isOurs = certificate?.trusted === true && certificate.commonName === terminalId;
    if (isOurs && registry.terminal(terminalId) && !certificates.isKnown(certificate.serial))
      await adopt(terminalId, certificate.serial);
    return decide(login);
  };
}

/** Is it fulfilled within so long? */
function isOverIn(ms: number, act: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms);
    const end = (isFulfilled: boolean) => {
      clearTimeout(timer);
      resolve(isFulfilled);
    };
    act.then(
      () => end(true),
      () => end(false),
    );
  });
}
