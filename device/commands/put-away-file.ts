/** A journal that was put away, read as far as it can be, a few pages at a time: presses come in between. */
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import {
  type JournalContent,
  MAX_JOURNAL_FILE_BYTES,
  readJournalFileStepwise,
} from '../../protocol/journal-file.ts';
import type { Bytes } from '../../protocol/sqlite-pages.ts';

/** Rejects when there is no such file. */
export async function readPutAway(path: string): Promise<JournalContent> {
  const open: number[] = [];
  const bytesOf = (name: string): Bytes => {
    const file = openSync(name, 'r');
    open.push(file);
    return {
      size: Math.min(fstatSync(file).size, MAX_JOURNAL_FILE_BYTES),
      read(offset, length) {
        const bytes = new Uint8Array(length);
        try {
          return bytes.subarray(0, readSync(file, bytes, 0, length, offset));
        } catch {
          // The card does not give it back: the rest may still be read.
          return null;
        }
      },
    };
  };
  try {
    const reading = readJournalFileStepwise(
      bytesOf(path),
      existsSync(`${path}-wal`) ? bytesOf(`${path}-wal`) : null,
    );
    for (;;) {
      const step = reading.next();
      if (step.done) return step.value;
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    for (const file of open) closeSync(file);
  }
}
