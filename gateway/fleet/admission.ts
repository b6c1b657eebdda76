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
  follow(): boolean;
};

export function createAdmission({ registry, certificates, enrolment, follow }: AdmissionDeps) {
  const decide = ({ terminalId, certificate, password }: Login): Admission => {
    const terminal = registry.terminal(terminalId);
    if (!terminal) return { refused: 'terminal-unknown' };
    if (certificate === null) return enrolment.admits(terminal, password);
    const refusal = certificates.refusalOf(terminal, certificate);
    if (refusal !== null) return { refused: refusal };
    certificates.used(terminal, certificate);
    return 'terminal';
  };
  return (login: Login): Admission => {
    const admission = decide(login);
    // A technician adds a terminal and it connects at once: look before it is refused.
    const isRefused = admission !== 'terminal' && 'refused' in admission;
    return isRefused && follow() ? decide(login) : admission;
  };
}
