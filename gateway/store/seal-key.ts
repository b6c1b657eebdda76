/** The key of the seal: from the settings, or a file for its owner only. It is never printed; its id may be. */
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { createOnce, readIfThere } from '../../protocol/process/whole-file.ts';
import { StoreFailure } from './failures.ts';
import { createSeal, SEAL_KEY_BYTES, type Seal } from './seal.ts';

export const sealKeyIn = (dataDir: string): string => join(dataDir, 'seal.key');

/** Base64, as it is copied from one machine to the next. */
const TEXT = /^[A-Za-z0-9+/]{43}=$/;
/** To others at all, and to the group for writing: it may have been let read it on purpose. */
const EXPOSED = 0o027;

export type Seals = {
  /** The one with this id. @throws StoreFailure `seal-key-missing`, `seal-key-wrong`, or as reading the file does. */
  of(id: string): Seal;
  /** For the first secret of all; its key is made in the data folder where the settings name none. */
  first(): Seal;
};

export type SealSource = { sealKey: Buffer | null; sealKeyFile: string | null; dataDir: string };

export function createSeals({ sealKey, sealKeyFile, dataDir }: SealSource): Seals {
  const file = sealKeyFile ?? sealKeyIn(dataDir);
  const place = sealKey ? 'MANYI_SEAL_KEY' : file;
  let held: Seal | null = null;
  const look = (): Seal | null => {
    const key = sealKey ?? readSealKeyFile(file);
    held = key && createSeal(key);
    return held;
  };
  const missing = (why: string) =>
    new StoreFailure(
      'seal-key-missing',
      `${why}: copy seal.key of another gateway on this database to ${file} (mode 0600), or set MANYI_SEAL_KEY to what is in it`,
    );
  return {
    of(id) {
      // A file that is another one by now is taken up without a restart.
      const seal = held?.id === id ? held : look();
      if (seal === null) throw missing(`the keys in the database are sealed, and there is no ${file}`);
      if (seal.id !== id)
        throw new StoreFailure(
          'seal-key-wrong',
          `${place} is the key ${seal.id}, and the keys in the database are sealed with ${id}: take that of another gateway on this database`,
        );
      return seal;
    },
    first() {
      const seal = look();
      if (seal) return seal;
      // Whoever names a file has the key elsewhere: one that was made here would be lost with it, and every key with that one.
      if (sealKeyFile !== null)
        throw new StoreFailure(
          'seal-key-missing',
          `MANYI_SEAL_KEY_FILE: there is no ${file}: make it (openssl rand -base64 32, mode 0600), or leave the setting out`,
        );
      makeSealKeyFile(file);
      return look() as Seal;
    },
  };
}

/** Unless it is there. */
export function makeSealKeyFile(file: string): void {
  createOnce(file, `${randomBytes(SEAL_KEY_BYTES).toString('base64')}\n`);
}

/** @returns null for a text that is none. */
export function readSealKey(text: string): Buffer | null {
  return TEXT.test(text.trim()) ? Buffer.from(text.trim(), 'base64') : null;
}

/** Null where there is none. @throws StoreFailure `seal-key-exposed`, `seal-key-damaged` */
export function readSealKeyFile(file: string): Buffer | null {
  const text = readIfThere(file);
  if (text === null) return null;
  if ((statSync(file).mode & EXPOSED) !== 0)
    throw new StoreFailure('seal-key-exposed', `${file} can be read or changed by others: chmod 600 ${file}`);
  const key = readSealKey(text);
  if (key === null)
    throw new StoreFailure(
      'seal-key-damaged',
      `${file} holds no key of ${SEAL_KEY_BYTES} bytes in base64: copy the one of another gateway on this database`,
    );
  return key;
}
