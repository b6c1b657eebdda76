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
  /** What a decision may need first: a look at what is new, or a line in the audit. */
  const prepare = async (login: Login): Promise<Admission> => {
    const { terminalId, certificate } = login;
    await follow();
    const isOurs = certificate?.trusted === true && certificate.commonName === terminalId;
    if (isOurs && registry.terminal(terminalId) && !certificates.isKnown(certificate.serial))
      await adopt(terminalId, certificate.serial);
    return decide(login);
  };
  /** At once for a terminal that is known; a whole city may come at the same time. */
  return (login: Login): Admission | Promise<Admission> => {
    const { certificate } = login;
    if (certificate !== null && !certificates.isKnown(certificate.serial)) return prepare(login);
    const admission = decide(login);
    // A technician adds a terminal and it connects at once: look before it is refused.
    const isRefused = admission !== 'terminal' && 'refused' in admission;
    return isRefused ? prepare(login) : admission;
  };
}
