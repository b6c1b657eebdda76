/**
 * The keys as files of a data folder, for their owner only: beside an SQLite database, so that neither the file nor a copy of it
 * holds what signs it.
 */
import { join } from 'node:path';
import { createOnce, readBytesIfThere, replaceFile } from '../../protocol/process/whole-file.ts';
import { auditKeyIn } from './audit-key-file.ts';
import { pkiIn } from './data-folder.ts';
import type { KeyName, KeyStore } from './keys.ts';

export function createKeyFolder(dataDir: string): KeyStore {
  const places: Record<KeyName, string> = {
    authority: join(pkiIn(dataDir), 'authority.pem'),
    audit: auditKeyIn(dataDir),
    tickets: join(pkiIn(dataDir), 'tickets.json'),
    alerts: join(pkiIn(dataDir), 'alerts.key'),
  };
  const place = (name: KeyName) => places[name];
  return {
    read: async (name) => readBytesIfThere(place(name)),
    putOnce: async (name, secret) => createOnce(place(name), secret),
    async replace(name, seen, next) {
      if (seen === null) return createOnce(place(name), next);
      // Only the one gateway of a folder does so, and awaits nothing between the look and the write.
      const found = readBytesIfThere(place(name));
      if (!found?.equals(seen)) return found;
      replaceFile(place(name), next);
      return next;
    },
    place,
  };
}
