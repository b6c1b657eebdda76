/** The wiring of who may sign in over MQTT: the authority, what it has issued, and the codes of new terminals. */
import type { Logger } from 'pino';
import { GATEWAY_NAME } from '../../protocol/identity.ts';
import type { Config } from '../config.ts';
import type { AuditTarget } from '../domain/audit-target.ts';
import { createAdmission } from '../fleet/admission.ts';
import { createCertificates } from '../fleet/certificates.ts';
import { createEnrolment, type Enrolment } from '../fleet/enrolment.ts';
import { createProvisioning, type Provisioning } from '../fleet/provisioning.ts';
import type { Admission, Credentials, Login, Welcome } from '../mqtt/broker.ts';
import type { Registry } from '../org/registry.ts';
import { openAuthority } from '../pki/authority.ts';
import { createTicketKeyStore } from '../pki/kept-ticket-keys.ts';
import { ownAddresses, ownHostName } from '../pki/own-addresses.ts';
import { openTicketKeys, type TicketKeyRing } from '../pki/ticket-keys.ts';
import type { AuditLine, By } from '../store/changes.ts';
import { pkiIn } from '../store/data-folder.ts';
import type { FleetStore } from '../store/fleet.ts';
import type { KeyStore } from '../store/keys.ts';

export type TerminalAccessDeps = {
  config: Pick<Config, 'dataDir' | 'hostNames' | 'certificateDays'>;
  store: FleetStore;
  keys: KeyStore;
  registry: Registry;
  now: () => number;
  monotonic: () => number;
  log: Logger;
  /** Reads what other processes have changed in the store; @returns false when there is nothing. */
  follow(): Promise<boolean>;
  /** This process has changed terminals, codes or certificates. */
  changed(): Promise<void>;
};

export type TerminalAccess = {
  admit(login: Login): Promise<Admission>;
  sign: Enrolment['answer'];
  provisioning: Provisioning;
  /** Of a connection that is there: may it stay? */
  isWelcome(by: Welcome): boolean;
  /** What terminals are shown. */
  credentials(): Promise<Credentials>;
  /** What their sessions are sealed with: those of `credentials`, over their changes. */
  ticketKeys: TicketKeyRing;
  /** What browsers are shown, renewed when it is time. */
  httpsCredentials(): Promise<{ key: string; cert: string }>;
  /** Writes down what was used for the first time. */
  save(): Promise<void>;
  /** After the store has changed. */
  reload(): Promise<void>;
};

const AS_GATEWAY: By = { actor: { kind: 'gateway' }, origin: 'local' };

export async function createTerminalAccess(deps: TerminalAccessDeps): Promise<TerminalAccess> {
  const { config, store, keys, registry, now, monotonic, log, follow, changed } = deps;
  const authority = await openAuthority({ keys, folder: pkiIn(config.dataDir), now });
  const ticketKeys = await openTicketKeys(
    createTicketKeyStore(keys, (place) =>
      log.warn(
        { code: 'ticket-keys-damaged', file: place },
        'the keys of TLS sessions cannot be read: there are new ones',
      ),
    ),
    now,
    (error) =>
      log.warn({ code: 'ticket-keys-unkept', err: error }, 'the keys of TLS sessions cannot be kept'),
  );
  const hosts = [...new Set([GATEWAY_NAME, 'localhost', '127.0.0.1', ...ownHostName(), ...config.hostNames])];

  const certificates = await createCertificates(store, now);
  const adopt = (terminalId: string, serial: string) => {
    log.warn({ terminalId, serial }, 'a certificate of ours that was not on record: a restored backup?');
    const target: AuditTarget = { kind: 'terminal', id: terminalId };
    const line: AuditLine = { by: AS_GATEWAY, action: 'certificate.adopt', target, detail: { serial } };
    return store.change((tx) => tx.audited(line, undefined));
  };
  const enrolment = await createEnrolment({
    store,
    authority,
    now,
    monotonic,
    days: config.certificateDays,
    follow,
    async issued({ id }, { serial }, { code }) {
      log.info({ terminalId: id, serial, enrolling: code !== null }, 'certificate issued');
      await certificates.reload();
    },
  });

  return {
    admit: createAdmission({ registry, certificates, enrolment, follow, adopt }),
    sign: enrolment.answer,
    provisioning: createProvisioning({ store, authority, now, changed }),
    // Without one, the transport has none: see door.ts.
    isWelcome: ({ serial, code }) =>
      code === null ? serial === '' || certificates.isGood(serial) : enrolment.isOpen(code),
    credentials: async () => ({
      ...(await authority.serverCredentials(hosts)),
      authority: authority.certificate,
      ticketKeys: ticketKeys.keys(),
    }),
    ticketKeys,
    httpsCredentials: () => authority.httpsCredentials([...new Set([...hosts, ...ownAddresses()])]),
    async save() {
      // With its first use, a certificate has closed the code that it came with.
      if (await certificates.save()) await enrolment.reload();
    },
    async reload() {
      await certificates.reload();
      await enrolment.reload();
    },
  };
}
