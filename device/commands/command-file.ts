/** What the terminal was told to do and what came of it, on disk: written whole, synced, renamed. */
import { readFileSync } from 'node:fs';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { Command, CommandResult } from '../../protocol/command.ts';
import { replaceFile } from '../../protocol/process/whole-file.ts';

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
  replaceFile(path, JSON.stringify(memory));
}
