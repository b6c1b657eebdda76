/** The keys of TLS sessions in the data folder, whose one gateway holds it. */
import { join } from 'node:path';
import { readIfThere, replaceFile } from '../../protocol/process/whole-file.ts';
import { TICKET_KEY_BYTES, type TicketKey, type TicketKeyStore } from './ticket-keys.ts';

const FILE = 'tickets.json';

/** @param damaged hears that what is there is none, and that there will be new ones. */
export function createTicketKeyFile(folder: string, damaged: (path: string) => void): TicketKeyStore {
  const path = join(folder, FILE);
  const read = (): readonly TicketKey[] => {
    const text = readIfThere(path);
    if (text === null) return [];
    const keys = parse(text);
    // They only spare work: a terminal whose session cannot be opened shows its certificate.
    if (keys === null) damaged(path);
    return keys ?? [];
  };
  return {
    read: async () => read(),
    async replace(_seen, next) {
      const kept = next.map(({ madeAt, secret }) => ({ madeAt, secret: secret.toString('base64') }));
      replaceFile(path, `${JSON.stringify(kept)}\n`);
      return next;
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
