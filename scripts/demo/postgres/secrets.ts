/** What the demo remembers of its database: its passwords, which of the two servers is the primary. For its owner only. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readIfThere, replaceFile } from '../../../protocol/process/whole-file.ts';
import { DemoError } from '../demo-error.ts';

export type ServerNumber = 1 | 2;

export type Notes = {
  /** Of the servers' own administrator, and of the role that gateways have. */
  passwords: { administrator: string; gateway: string };
  /** Null until the first one is made. */
  primary: ServerNumber | null;
};

export type NoteBook = { read(): Notes; write(notes: Notes): void };

/** @throws DemoError when they cannot be read, or are not ours. */
export function openNotes(dataDir: string): NoteBook {
  const path = join(dataDir, 'database.json');
  const held = readIfThere(path);
  // What is in it would be made anew.
  if (held === null && existsSync(join(dataDir, 'postgres')))
    throw new DemoError(
      'data-dir-foreign',
      `${dataDir} holds a folder postgres that the demo has not made. Choose another folder with --data-dir.`,
    );
  let notes = held === null ? newNotes() : parse(held, path);
  const write = (wanted: Notes) => {
    notes = wanted;
    replaceFile(path, `${JSON.stringify(notes, null, 2)}\n`);
  };
  if (held === null) write(notes);
  return { read: () => notes, write };
}

const newNotes = (): Notes => ({
  passwords: { administrator: newPassword(), gateway: newPassword() },
  primary: null,
});

/** Of letters that mean nothing to SQL, to an address or to a password file. */
const newPassword = () => randomBytes(24).toString('base64url');

function parse(text: string, path: string): Notes {
  try {
    return JSON.parse(text) as Notes;
  } catch {
    throw new DemoError(
      'data-dir-damaged',
      `${path} cannot be read. Remove its folder, or choose another with --data-dir.`,
    );
  }
}
