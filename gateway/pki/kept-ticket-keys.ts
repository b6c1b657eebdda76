/** The keys of TLS sessions, where all keys of an installation are kept. */
import type { KeyStore } from '../store/keys.ts';
import { TICKET_KEY_BYTES, type TicketKey, type TicketKeyStore } from './ticket-keys.ts';

/** @param damaged hears that what is there is none, and that there will be new ones. */
export function createTicketKeyStore(keys: KeyStore, damaged: (place: string) => void): TicketKeyStore {
  /** What the keys that were given out are made of. */
  const texts = new WeakMap<readonly TicketKey[], Buffer>();
  const found = (text: Buffer | null): readonly TicketKey[] => {
    if (text === null) return [];
    const read = parse(text.toString());
    // They only spare work: a terminal whose session cannot be opened shows its certificate.
    if (read === null) damaged(keys.place('tickets'));
    const given = read ?? [];
    texts.set(given, text);
    return given;
  };
  return {
    read: async () => found(await keys.read('tickets')),
    async replace(seen, next) {
      const kept = next.map(({ madeAt, secret }) => ({ madeAt, secret: secret.toString('base64') }));
      const text = Buffer.from(`${JSON.stringify(kept)}\n`);
      return found(await keys.replace('tickets', texts.get(seen) ?? null, text));
    },
  };
}

function parse(text: string): TicketKey[] | null {
  try {
    const kept: unknown = JSON.parse(text);
    if (!Array.isArray(kept)) return null;
    const keys = kept.map(({ madeAt, secret }) => ({ madeAt, secret: Buffer.from(secret, 'base64') }));
    const isKey = ({ madeAt, secret }: TicketKey) =>
      Number.isFinite(madeAt) && secret.length === TICKET_KEY_BYTES;
    return keys.every(isKey) ? keys : null;
  } catch {
    return null;
  }
}
