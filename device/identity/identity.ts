/**
 * Who this terminal is: its key, which never leaves it, and the certificate that its gateway has given for it. A new pair is
 * a candidate until it has connected; until then the one before it stays.
 */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { MAX_PEM_CHARS } from '../../protocol/identity.ts';
import { EpochMs, TERMINAL_ID_PATTERN } from '../../protocol/ids.ts';
import { assertUsable } from '../../protocol/process/access.ts';
import { type Told, tellFault } from '../../protocol/process/fault.ts';
import { makeFolder } from '../../protocol/process/owner.ts';
import { readIfThere, removeFile, replaceFile } from '../../protocol/process/whole-file.ts';
import { DeviceError, messageOf } from '../errors.ts';
import { isCertificateFor } from './certificates.ts';

const Pem = Type.String({ minLength: 1, maxLength: MAX_PEM_CHARS });
const IdentitySchema = Type.Object(
  {
    terminalId: Type.String({ pattern: TERMINAL_ID_PATTERN }),
    /** PKCS #8, PEM. */
    key: Pem,
    certificate: Pem,
    /** Of the gateway's authority: nobody else is believed. */
    authority: Pem,
    /** By the gateway's clock. */
    renewAfter: EpochMs,
    /** SHA-256 of the code it was enrolled with, hexadecimal: another code means to enrol anew. */
    code: Type.String(),
  },
  { additionalProperties: false },
);
export type Identity = Static<typeof IdentitySchema>;
const PendingSchema = Type.Object({ terminalId: Type.String(), key: Pem }, { additionalProperties: false });

const identities = Compile(IdentitySchema);
const pendings = Compile(PendingSchema);

export type IdentityStore = {
  /** What to connect with: the candidate if there is one, else the one in use. Null before the first. */
  get(): Identity | null;
  /** What `get` answers has connected: nothing older is needed any more. */
  confirm(): void;
  /** What `get` answers was refused. @returns whether it was a candidate, and the one before it is tried next. */
  reject(): boolean;
  /** A key to ask for a certificate with: the same until a certificate has come for it. */
  pendingKey(terminalId: string, make: () => Promise<string>): Promise<string>;
  /** What could not be read, or will not be written, at the start; null when all was well. The terminal goes on taking presses. */
  readonly trouble: Told | null;
  /** The answer for the pending key. @throws DeviceError `certificate-wrong` when it is not for this terminal and key. */
  propose(answer: Omit<Identity, 'key'>): void;
};

/** Under `folder`; null keeps it in memory, beginning with `given`: for simulations. */
export function openIdentityStore(folder: string | null, given: Identity | null = null): IdentityStore {
  const files = folder === null ? memoryFiles() : diskFiles(folder);
  let trouble = folder === null ? null : findTrouble(folder);
  const read = <T>(name: string, isRight: (value: unknown) => value is T): T | null => {
    try {
      const text = files.read(name);
      if (text === null) return null;
      const value: unknown = JSON.parse(text);
      if (isRight(value)) return value;
      trouble ??= { code: 'identity-damaged', message: `${name}: not what it should be` };
    } catch (error) {
      trouble ??= { code: 'identity-damaged', message: `${name}: ${messageOf(error)}` };
    }
    return null;
  };
  let current = given ?? read('identity', (value) => identities.Check(value));
  let candidate = read('candidate', (value) => identities.Check(value));
  let pending = read('pending', (value) => pendings.Check(value));

  return {
    trouble,
    get: () => candidate ?? current,
    confirm() {
      if (candidate === null) return;
      files.write('identity', JSON.stringify(candidate));
      files.remove('candidate');
      current = candidate;
      candidate = null;
    },
    reject() {
      if (candidate === null || current === null) return false;
      files.remove('candidate');
      candidate = null;
      return true;
    },
    async pendingKey(terminalId, make) {
      if (pending?.terminalId !== terminalId) {
        const made = { terminalId, key: await make() };
        // Before it is sent anywhere: a code is bound to the first key it is used with.
        files.write('pending', JSON.stringify(made));
        pending = made;
      }
      return pending.key;
    },
    propose(answer) {
      const proposed = { ...answer, key: pending?.key ?? '' };
      if (!identities.Check(proposed) || !isCertificateFor(answer.terminalId, proposed))
        throw new DeviceError('certificate-wrong', 'the gateway sent a certificate that is not for this key');
      files.write('candidate', JSON.stringify(proposed));
      candidate = proposed;
      files.remove('pending');
      pending = null;
    },
  };
}

type Files = {
  read(name: string): string | null;
  write(name: string, text: string): void;
  remove(name: string): void;
};

/** Somebody else's files, or a disk that cannot be written: renewal would fail when nobody is looking. */
function findTrouble(folder: string): Told | null {
  try {
    const files = ['identity', 'candidate', 'pending'].map((name) => join(folder, `${name}.json`));
    assertUsable(folder, files, 'write');
    return null;
  } catch (error) {
    return tellFault(error);
  }
}

function memoryFiles(): Files {
  const held = new Map<string, string>();
  return {
    read: (name) => held.get(name) ?? null,
    write: (name, text) => void held.set(name, text),
    remove: (name) => void held.delete(name),
  };
}

function diskFiles(folder: string): Files {
  const pathOf = (name: string) => join(folder, `${name}.json`);
  return {
    read: (name) => readIfThere(pathOf(name)),
    write(name, text) {
      makeFolder(folder);
      chmodSync(folder, 0o700);
      replaceFile(pathOf(name), text);
    },
    remove: (name) => removeFile(pathOf(name)),
  };
}
