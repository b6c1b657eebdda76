/**
 * What becomes of a well-formed vote: when it was pressed, and whether it can be counted. A press whose time cannot be true is
 * placed by the gateway's time and marked; more presses than people can make are held for a person to decide on. None is lost.
 */
import { CHANNELS } from '../../protocol/channel.ts';
import { CLOCKS, RATINGS, type Vote } from '../../protocol/vote.ts';
import type { Exclusions } from '../domain/exclusions.ts';
import type { RatingCode } from '../domain/tally.ts';
import type { VoteRates } from '../domain/vote-rates.ts';
import { isBelievable, placeVote } from '../domain/vote-time.ts';
import type { BesideVote, ChannelCode, ClockCode, KnownNumber, VoteRecord } from '../store/ledger.ts';
import type { KnownTerminal } from './ingest.ts';
import type { Journal } from './journal.ts';
import type { Readings } from './readings.ts';
import { type HeldReason, isHeldReason } from './reasons.ts';

/** What is judged is given to one of these; to neither when it is held already: only a person can make a vote of that. */
export type Judged = BesideVote & {
  /** @param isRepeat it was not counted in the rates */
  vote(vote: VoteRecord, isRepeat: boolean): void;
  hold(seq: number, reason: HeldReason, payload: string): void;
};

/** @param known what the store knows of its number, if that is accounted for and may be no vote's */
export type Judge = (
  terminal: KnownTerminal,
  journal: Journal,
  vote: Vote,
  receivedAt: number,
  known: KnownNumber | undefined,
  into: Judged,
) => void;

export type JudgeDeps = {
  readings: Readings;
  rates: VoteRates;
  exclusions: () => Exclusions;
  /** Gives a vote that is going to be stored its verdict. */
  verdict(vote: VoteRecord, terminalKey: number, aside: BesideVote): void;
};

const RATING_CODE = new Map(RATINGS.map((rating, code) => [rating, code as RatingCode]));
/** Terminals have buttons. */
const BUTTON = CHANNELS.indexOf('button') as ChannelCode;
const CLOCK_CODE = new Map(CLOCKS.map((clock, code) => [clock, code as ClockCode]));

export function createJudge({ readings, rates, exclusions, verdict }: JudgeDeps): Judge {
  return (terminal, journal, pressed, receivedAt, known, into) => {
    const { seq, rating, at: claimedAt, clock, boot, mono } = pressed;
    const isVoid = known !== undefined && !known.isStored;
    if (isVoid && known.setAsideReason !== null && isHeldReason(known.setAsideReason)) return;
    const notBefore = journal.history.notBefore(seq, receivedAt);
    const at =
      isBelievable(claimedAt, receivedAt, notBefore) && !readings.isApart(terminal.key)
        ? claimedAt
        : placeVote(claimedAt, { receivedAt, notBefore, ...readings.of(terminal.key, pressed) });
    const vote: VoteRecord = {
      journalKey: journal.key,
      seq,
      channel: BUTTON,
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
    if (!isVoid && journal.accounted.has(seq)) return into.vote(vote, true);
    const reason = journal.closed
      ? 'journal-closed'
      : rates.take(terminal.key, at)
        ? null
        : 'rate-implausible';
    // As it would be stored, so that it can be released as it is.
    if (reason !== null) return into.hold(seq, reason, JSON.stringify(vote));
    if (exclusions().excludes(vote, terminal.key)) vote.excluded = true;
    verdict(vote, terminal.key, into);
    into.vote(vote, false);
  };
}
