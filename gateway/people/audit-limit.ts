import { createTokenBuckets } from '../domain/token-buckets.ts';
import type { AuditLine } from '../store/changes.ts';
import { PeopleRefusal } from './refusal.ts';

/** What one account may add to the audit: more than anybody does by hand, too little to fill a disk. */
const LINES_IN_A_ROW = 1_000;
const LINE_EVERY_S = 5;

/** @throws PeopleRefusal `changes-too-many`. */
export type AuditLimit = (line: Pick<AuditLine, 'by' | 'action'>) => void;

/**
 * For whoever comes over the network. What is not in the audit is not done, so this also bounds what an account can make: links,
 * terminals, codes. Signing out is always possible; there is one for each sign-in.
 */
export function createAuditLimit(monotonic: () => number): AuditLimit {
  const room = createTokenBuckets<string>(1 / LINE_EVERY_S, LINES_IN_A_ROW);
  return ({ by, action }) => {
    const { actor } = by;
    if (actor.kind === 'account' && action !== 'session.close' && !room.take(actor.name, monotonic()))
      throw new PeopleRefusal(
        'changes-too-many',
        'this account has changed or exported too much in a row: wait a little, or use the command line',
        LINE_EVERY_S,
      );
  };
}
