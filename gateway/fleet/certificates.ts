/** Which certificates terminals may sign in with: those the gateway's authority has signed, but for the ones revoked. */
import type { CertificateRefusal, PeerCertificate } from '../mqtt/broker.ts';
import type { RegisteredTerminal } from '../org/registry.ts';
import type { CertificateRecord, CertificateUse, FleetStore } from '../store/fleet.ts';

export type Certificates = {
  /** May the holder of this certificate speak for this terminal? Null: yes. */
  refusalOf(terminal: RegisteredTerminal, peer: PeerCertificate): CertificateRefusal | null;
  /** Is it on record? One of ours that is not was issued after the backup that the store was restored from. */
  isKnown(serial: string): boolean;
  /** For connections that are there: is it still good? */
  isGood(serial: string): boolean;
  /** It has signed in; at its first use, what the terminal had before is withdrawn, within a moment. */
  used(terminal: RegisteredTerminal, peer: PeerCertificate): void;
  /** Writes first uses down, many in one commit: a whole city may be new at once. @returns whether there were any. */
  save(): Promise<boolean>;
  /** After the store has changed. */
  reload(): Promise<void>;
};

export async function createCertificates(store: FleetStore, now: () => number): Promise<Certificates> {
  const bySerial = new Map<string, CertificateRecord>();
  const load = (records: CertificateRecord[]) => {
    for (const record of records) bySerial.set(record.serial, record);
  };
  load(await store.certificates());
  const unsaved = new Map<string, CertificateUse>();

  return {
    refusalOf(terminal, peer) {
      if (!peer.trusted) return 'certificate-untrusted';
      if (peer.commonName !== terminal.id) return 'certificate-foreign';
      const record = bySerial.get(peer.serial);
      return record && record.revokedAt !== null ? 'certificate-revoked' : null;
    },
    isKnown: (serial) => bySerial.has(serial) || unsaved.has(serial),
    isGood(serial) {
      const record = bySerial.get(serial);
      if (!record) return unsaved.has(serial);
      return record.revokedAt === null && record.expiresAt > now();
    },
    used(terminal, peer) {
      const { serial, expiresAt } = peer;
      const known = bySerial.get(serial);
      if ((known && known.firstUsedAt !== null) || unsaved.has(serial)) return;
      const publicKey = known?.publicKey ?? peer.publicKey();
      unsaved.set(serial, { serial, terminalKey: terminal.key, publicKey, expiresAt, at: now() });
    },
    async save() {
      if (unsaved.size === 0) return false;
      const uses = [...unsaved.values()];
      await store.noteCertificateUses(uses);
      for (const { terminalKey } of uses) load(await store.certificates(terminalKey));
      // Those that were used meanwhile stay.
      for (const { serial } of uses) unsaved.delete(serial);
      return true;
    },
    reload: async () => load(await store.certificates()),
  };
}
