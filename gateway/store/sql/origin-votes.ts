/** What becomes of an origin's votes: which keys are new, and whether one that is known says the same. */
import type { VoteOutcome, VoteRecord } from '../ledger.ts';
import type { OriginVote } from '../origins.ts';

/** What is stored under a key. */
export type KnownOriginVote = Pick<OriginVote, 'key' | 'windowKey' | 'channel' | 'rating' | 'at'> & {
  imputed: 0 | 1;
};

export type SortedVotes = { outcomes: VoteOutcome[]; fresh: OriginVote[] };

/** @param stored of the keys of these votes, those that are known */
export function sortOut(votes: readonly OriginVote[], stored: readonly KnownOriginVote[]): SortedVotes {
  const known = new Map(stored.map((one) => [one.key, one]));
  const fresh: OriginVote[] = [];
  const outcomes = votes.map((vote): VoteOutcome => {
    const before = known.get(vote.key);
    const given = { ...vote, imputed: imputedOf(vote) };
    if (before) return isSame(given, before) ? 'duplicate' : 'conflict';
    known.set(vote.key, given);
    fresh.push(vote);
    return 'stored';
  });
  return { outcomes, fresh };
}

export const imputedOf = ({ isImputed = false }: Pick<OriginVote, 'isImputed'>): 0 | 1 => (isImputed ? 1 : 0);

const isSame = (a: KnownOriginVote, b: KnownOriginVote) =>
  a.windowKey === b.windowKey &&
  a.channel === b.channel &&
  a.rating === b.rating &&
  a.at === b.at &&
  a.imputed === b.imputed;

/** An origin has no boot, and no clock but that of its press times. */
export const NO_BOOT = '';

/** @param lastSeq the number that its origin has given last */
export const recordsOf = (originKey: number, fresh: readonly OriginVote[], lastSeq: number): VoteRecord[] =>
  fresh.map(({ key: _, isImputed: __, ...vote }, index) => ({
    ...vote,
    ...{ journalKey: originKey, seq: lastSeq + 1 + index, clock: 0, boot: NO_BOOT, mono: 0 },
  }));
