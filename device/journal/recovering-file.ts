/** The journal's file, which a card may fail under: what goes wrong ends nothing here, and every later call tries again. */
import type Database from 'better-sqlite3';
import { codeOf, DeviceError, messageOf } from '../errors.ts';
import { isDiskFull, isUnreadable, type OpenedFile } from './journal-file.ts';
import { prepareStatements, type Statements } from './journal-statements.ts';

export type RecoveringFileDeps = {
  open(unreadableIsDamaged: boolean): OpenedFile;
  /** What is in it, the first time or again. Throws where it cannot be used as it is. */
  takeUp(opened: OpenedFile, statements: Statements): void;
  /** It has been taken up. */
  opened(): void;
};

export type RecoveringFile = {
  /** Null while it is not open. */
  readonly statements: Statements | null;
  /** Why it cannot be written or read now, a coded error; null when all is well as far as is known. */
  readonly trouble: DeviceError | null;
  /** For the first time. Throws what no later try would mend; with every other trouble it is tried again later. */
  begin(): void;
  /** Opens it anew. Throws a coded error; then nothing is open. */
  attach(): void;
  detach(): void;
  /** Throws a coded error, and then nothing of it is written. */
  write<T>(act: (to: Statements) => T): T;
  readOr<T>(nothing: T, read: (from: Statements) => T): T;
};

/** A card that does not give back a page so many times in a row never will. */
const UNREADABLE_TRIES = 3;
const FOR_GOOD = ['journal-in-use', 'journal-not-durable'];

export function createRecoveringFile({ open, takeUp, opened: isOpened }: RecoveringFileDeps): RecoveringFile {
  let db: Database.Database | null = null;
  let statements: Statements | null = null;
  let trouble: DeviceError | null = null;
  let unreadable = 0;

  const detach = () => {
    try {
      if (db?.open) db.close();
    } catch {
      // Its last checkpoint did not work; the WAL has it all.
    }
    db = null;
    statements = null;
  };
  const attach = () => {
    detach();
    try {
      const opened = open(unreadable >= UNREADABLE_TRIES);
      db = opened.db;
      statements = prepareStatements(db);
      takeUp(opened, statements);
      unreadable = 0;
      trouble = opened.unwritable === null ? null : toWriteError(opened.unwritable);
      isOpened();
    } catch (error) {
      detach();
      unreadable = isUnreadable(error) ? unreadable + 1 : 0;
      trouble = toWriteError(error);
      throw trouble;
    }
  };
  /** After a failed write or read. Throws while it is of no use. */
  const recover = () => {
    // A full disk breaks nothing that is open: the transaction is rolled back, and the next one may fit.
    if (statements !== null && isDiskFull(trouble?.cause)) return;
    attach();
  };

  return {
    get statements() {
      return statements;
    },
    get trouble() {
      return trouble;
    },
    begin() {
      for (;;) {
        try {
          attach();
          return;
        } catch (error) {
          if (FOR_GOOD.includes(codeOf(error))) throw error;
          if (!isUnreadable(error) || unreadable > UNREADABLE_TRIES) return;
        }
      }
    },
    attach,
    detach,
    write(act) {
      if (trouble !== null) recover();
      try {
        const result = act(statements as Statements);
        trouble = null;
        return result;
      } catch (error) {
        const failure = toWriteError(error);
        trouble = failure;
        // A COMMIT whose fsync failed is rolled back, yet its frames may be in the WAL and come to life when the file is opened
        // again: nobody was thanked for such a vote, so it is taken back, at once.
        try {
          recover();
        } catch {
          // The next call tries again.
        }
        throw failure;
      }
    },
    readOr(nothing, read) {
      if (statements === null) return nothing;
      try {
        return read(statements);
      } catch (error) {
        // A card that cannot be read now must not end the process: what was sent stays sent, the rest waits.
        trouble = new DeviceError(
          'journal-read-failed',
          `the journal cannot be read: ${messageOf(error)}`,
          error,
        );
        return nothing;
      }
    },
  };
}

function toWriteError(error: unknown): DeviceError {
  if (error instanceof DeviceError) return error;
  if (isDiskFull(error))
    return new DeviceError('disk-full', 'the disk is full: the journal cannot be written', error);
  return new DeviceError('journal-write-failed', `the journal cannot be written: ${messageOf(error)}`, error);
}
