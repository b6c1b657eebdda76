/**
 * What becomes of a well-formed vote: when it was pressed, and whether it can be counted. A press whose time cannot be true is
 * placed by the gateway's time and marked; more presses than people can make are held for a person to decide on. None is lost.
 */
import { CLOCKS, RATINGS, type Vote } from '../../protocol/vote.ts';
import type { Exclusions } from '../domain/exclusions.ts';
import type { RatingCode } from '../domain/tally.ts';
import type { VoteRates } from '../domain/vote-rates.ts';
import { isBelievable, placeVote } from '../domain/vote-time.ts';
import type { ClockCode, Store, VoteRecord } from '../store/store.ts';
import type { KnownTerminal } from './ingest.ts';
import type { Journal } from './journal.ts';
import type { Readings } from './readings.ts';
import { type HeldReason, isHeldReason } from './reasons.ts';

export type Judgement =
  /** `isNew`: it was counted in the rates. */
  | { kind: 'vote'; vote: VoteRecord; isNew: boolean }
  /** `was`: what its number was accounted for as, when it was. */
  | { kind: 'held'; reason: HeldReason; payload: string; was: 'lost' | 'set-aside' | null }
  /** It is held already: only a person can make a vote of it. */
  | { kind: 'waits' };

export type Judge = (terminal: KnownTerminal, journal: Journal, vote: Vote, receivedAt: number) => Judgement;

export type JudgeDeps = {
  store: Pick<Store, 'setAsideReason' | 'isStored'>;
  readings: Readings;
  rates: VoteRates;
  exclusions: () => Exclusions;
};

const RATING_CODE = new Map(RATINGS.map((rating, code) => [rating, code as RatingCode]));
const CLOCK_CODE = new Map(CLOCKS.map((clock, code) => [clock, code as ClockCode]));

export function createJudge({ store, readings, rates, exclusions }: JudgeDeps): Judge {
  return (terminal, journal, pressed, receivedAt) => {
    const { seq, rating, at: claimedAt, clock, boot, mono } = pressed;
    const isAccounted = journal.accounted.has(seq);
    let was: 'lost' | 'set-aside' | null = null;
    if (isAccounted && journal.lost + journal.quarantined > 0 && !store.isStored(journal.key, seq)) {
      const reason = store.setAsideReason(journal.key, seq);
      if (reason !== null && isHeldReason(reason)) return { kind: 'waits' };
      was = reason === null ? 'lost' : 'set-aside';
    }
    const notBefore = journal.history.notBefore(seq, receivedAt);
    const at =
      isBelievable(claimedAt, receivedAt, notBefore) && !readings.isApart(terminal.key)
        ? claimedAt
        : placeVote(claimedAt, { receivedAt, notBefore, ...readings.of(terminal.key, pressed) });
    const vote: VoteRecord = {
      sourceKey: journal.key,
      seq,
      windowKey: terminal.windowKey,
      rating: RATING_CODE.get(rating) as RatingCode,
      at,
      clock: CLOCK_CODE.get(clock) as ClockCode,
      boot,
      mono,
      receivedAt,
    };
    if (at !== claimedAt) vote.claimedAt = claimedAt;
    // A repeat is no press more. One under a number that was given up or set aside is: nobody gets round the limits by that.
    if (isAccounted && was === null) return { kind: 'vote', vote, isNew: false };
    const reason = journal.closed
      ? 'journal-closed'
      : rates.take(terminal.key, at)
        ? null
        : 'rate-implausible';
    // As it would be stored, so that it can be released as it is.
    if (reason !== null) return { kind: 'held', reason, payload: JSON.stringify(vote), was };
    if (exclusions().excludes(terminal.key, at)) vote.excluded = true;
    return { kind: 'vote', vote, isNew: true };
  };
}
