/** The files that were set aside beside a journal, as far as this process has told of them. */
import { dropSettled, dropSurplus, listSetAside, type SetAside } from './set-aside.ts';

export type ShelfEvents = {
  /** A file was set aside, at open or later. */
  onSetAside?: ((aside: SetAside) => void) | undefined;
  /** Of too many files set aside this one is no more. */
  onDropped?: ((aside: SetAside) => void) | undefined;
};

export type Shelf = {
  /** Newest first. */
  readonly files: readonly SetAside[];
  /** Looks what has come, tells of it, and drops what is too much. */
  tell(): void;
  /** Looks again, after something was done with one; deletes what was settled long before `nowMs`. */
  look(nowMs: number): void;
};

export function createShelf(path: string, { onSetAside, onDropped }: ShelfEvents): Shelf {
  if (path === ':memory:') return { files: [], tell() {}, look() {} };
  let files = listSetAside(path);
  return {
    get files() {
      return files;
    },
    // By what is on the card, not by what was done: a file may have been moved and then no new one begun, for want of room.
    tell() {
      const known = new Set(files.map(({ id }) => id));
      for (const aside of listSetAside(path)) if (!known.has(aside.id)) onSetAside?.(aside);
      try {
        for (const dropped of dropSurplus(path)) onDropped?.(dropped);
      } catch {
        // A file that cannot be deleted stays: it is no reason not to take votes.
      }
      files = listSetAside(path);
    },
    look(nowMs) {
      try {
        dropSettled(path, nowMs);
      } catch {
        // It is tried again.
      }
      files = listSetAside(path);
    },
  };
}
