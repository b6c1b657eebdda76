/** A new journal in the place of an old one whose epoch is not its own any more. */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncFolder } from '../../protocol/process/whole-file.ts';
import type { Vote } from '../../protocol/vote.ts';
import type { Anchor } from '../board/clock.ts';
import { DeviceError } from '../errors.ts';
import { openJournalFile } from './journal-file.ts';
import { prepareStatements } from './journal-statements.ts';
import { type Known, nextPath, type SetAside, setFileAside } from './set-aside.ts';

export type Move = {
  path: string;
  wallMs: () => number;
  /** Votes that go along: the gateway cannot have them, and they are the new epoch's first. */
  votes: readonly Vote[];
  anchorOf: (bootId: string) => Anchor | null;
  known: Known;
  /** Closes the old file. */
  release: () => void;
};

/**
 * Written aside first and renamed into place, so that a power cut finds the old journal or the new one with all its votes: a
 * vote is never in neither. (In both it would be sent under both epochs; `finishMoves` prevents that.)
 */
export function moveIntoNewEpoch({ path, wallMs, votes, anchorOf, known, release }: Move): SetAside {
  const next = nextPath(path);
  for (const part of ['', '-wal', '-shm']) rmSync(next + part, { force: true });
  const { db, unwritable } = openJournalFile({ path: next, wallMs });
  try {
    if (unwritable !== null) throw unwritable;
    const statements = prepareStatements(db);
    const carry = db.transaction(() => {
      for (const [i, vote] of votes.entries()) statements.append({ ...vote, seq: i + 1 }, 0);
      for (const boot of new Set(votes.map((vote) => vote.boot))) {
        const anchor = anchorOf(boot);
        if (anchor !== null) statements.saveAnchor(boot, anchor);
      }
    });
    carry.immediate();
  } finally {
    db.close();
  }
  if (existsSync(`${next}-wal`))
    throw new DeviceError('journal-write-failed', 'the new journal could not be written in one piece');
  release();
  const aside = setFileAside(path, 'behind', wallMs(), known);
  renameSync(next, path);
  syncFolder(dirname(path));
  return aside;
}
