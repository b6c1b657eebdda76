/** Which certificates terminals may sign in with: those the gateway's authority has signed, but for the ones revoked. */
import type { PeerCertificate } from '../mqtt/broker.ts';
import type { RegisteredTerminal } from '../org/registry.ts';
import type { CertificateRecord, CertificateUse, Store } from '../store/store.ts';

export type CertificateRefusal = 'certificate-untrusted' | 'certificate-foreign' | 'certificate-revoked';

export type Certificates = {
  /** May the holder of this certificate speak for this terminal? Null: yes. */
  refusalOf(terminal: RegisteredTerminal, peer: PeerCertificate): CertificateRefusal | null;
  /** For connections that are there: is it still good? */
  isGood(serial: string): boolean;
  /** It has signed in; at its first use, what the terminal had before is withdrawn, within a moment. */
  used(terminal: RegisteredTerminal, peer: PeerCertificate): void;
  /** Writes first uses down, many in one commit: a whole city may be new at once. @returns whether there were any. */
  save(): boolean;
  /** After the store has changed. */
  reload(): void;
};

export type CertificatesDeps = {
  store: Store;
  now: () => number;
  /** A certificate of ours that the store does not know: issued after the backup that it was restored from. */
  adopted(terminalId: string, serial: string): void;
};

export function createCertificates({ store, now, adopted }: CertificatesDeps): Certificates {
  const bySerial = new Map<string, CertificateRecord>();
  const load = (records: CertificateRecord[]) => {
    for (const record of records) bySerial.set(record.serial, record);
  };
  load(store.certificates());
  const unsaved = new Map<string, CertificateUse>();

  return {
    refusalOf(terminal, peer) {
      if (!peer.trusted) return 'certificate-untrusted';
      if (peer.commonName !== terminal.id) return 'certificate-foreign';
      const record = bySerial.get(peer.serial);
      return record && record.revokedAt !== null ? 'certificate-revoked' : null;
    },
    isGood(serial) {
      const record = bySerial.get(serial);
      if (!record) return unsaved.has(serial);
      return record.revokedAt === null && record.expiresAt > now();
    },
    used(terminal, peer) {
      const { serial, expiresAt } = peer;
      const known = bySerial.get(serial);
      if ((known && known.firstUsedAt !== null) || unsaved.has(serial)) return;
      if (!known) adopted(terminal.id, serial);
      const publicKey = known?.publicKey ?? peer.publicKey();
      unsaved.set(serial, { serial, terminalKey: terminal.key, publicKey, expiresAt, at: now() });
    },
    save() {
      if (unsaved.size === 0) return false;
      const uses = [...unsaved.values()];
      store.noteCertificateUses(uses);
      unsaved.clear();
      for (const { terminalKey } of uses) load(store.certificates(terminalKey));
      return true;
    },
    reload: () => load(store.certificates()),
  };
}
