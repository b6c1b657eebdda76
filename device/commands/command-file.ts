/** What the terminal was told to do and what came of it, on disk: written whole, synced, renamed. */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { Command, CommandResult } from '../../protocol/command.ts';
import { giveToFolderOwner } from '../../protocol/process/owner.ts';
import { syncFolder } from '../journal/set-aside.ts';

/** Commands that wait, and results that are remembered: more than anybody has use for. */
export const MAX_WAITING = 8;
export const MAX_RESULTS = 32;

const Said = Type.Object(
  {
    result: CommandResult,
    /** The gateway has it. */
    said: Type.Boolean(),
  },
  { additionalProperties: false },
);
const Memory = Type.Object(
  {
    /** The first is the one under way. */
    waiting: Type.Array(Command, { maxItems: MAX_WAITING }),
    /** Oldest first. */
    results: Type.Array(Said, { maxItems: MAX_RESULTS }),
  },
  { additionalProperties: false },
);
export type Memory = Static<typeof Memory>;

const schema = Compile(Memory);
const MAX_BYTES = 256 * 1024;

/** Nothing is remembered of a file that is not there or not whole: a command that comes again is carried out again, to no harm. */
export function readMemory(path: string | null): Memory {
  try {
    const text = path === null ? '' : readFileSync(path, 'utf8');
    const value: unknown = text.length > MAX_BYTES ? null : JSON.parse(text);
    if (schema.Check(value)) return value;
  } catch {
    // As said above.
  }
  return { waiting: [], results: [] };
}

/** Throws what the disk says. */
export function writeMemory(path: string, memory: Memory): void {
  const next = `${path}.next`;
  const file = openSync(next, 'w', 0o600);
  try {
    giveToFolderOwner(file, next);
    // Whole or not at all: a single write to a disk that fills up is cut short without an error.
    writeFileSync(file, JSON.stringify(memory));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(next, path);
  syncFolder(path);
}
