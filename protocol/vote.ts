import { type Static, Type } from 'typebox';
import { BootId, Count, Epoch, EpochMs, Seq } from './ids.ts';

/** In this order everywhere: buttons 1, 2, 3; database codes 0, 1, 2. */
export const RATINGS = ['satisfied', 'basically', 'unsatisfied'] as const;
export const Rating = Type.Union([
  Type.Literal('satisfied'),
  Type.Literal('basically'),
  Type.Literal('unsatisfied'),
]);
export type Rating = Static<typeof Rating>;

/**
 * How good a vote's `at` is: `ntp` the system clock was synchronised, `gateway` it was set from the time in
 * an ack, `estimated` it was neither (the gateway marks such a vote).
 */
export const CLOCKS = ['ntp', 'gateway', 'estimated'] as const;
export const Clock = Type.Union([Type.Literal('ntp'), Type.Literal('gateway'), Type.Literal('estimated')]);
export type Clock = Static<typeof Clock>;

/** Votes a rating, e.g. the terminal's cumulative totals for an epoch. */
export const Counts = Type.Object(
  { satisfied: Count, basically: Count, unsatisfied: Count },
  { additionalProperties: false },
);
export type Counts = Static<typeof Counts>;

/**
 * One press. Its identity is `(terminal, epoch, seq)`; its body is `(rating, boot, mono)`. `at` and `clock` may be
 * better known when a vote is sent again (re-dated after the first time sync), so they are not part of the body.
 */
export const Vote = Type.Object(
  {
    seq: Seq,
    rating: Rating,
    /** When it was pressed. */
    at: EpochMs,
    clock: Clock,
    boot: BootId,
    /** Milliseconds on the monotonic clock of that boot. */
    mono: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  },
  { additionalProperties: false },
);
export type Vote = Static<typeof Vote>;

export const MAX_VOTES_PER_MESSAGE = 64;
/** Of any payload a terminal publishes. */
export const MAX_PAYLOAD_BYTES = 16 * 1024;

/** `manyi/v1/{terminal}/votes`, QoS 1, not retained. `seq` strictly ascending. `totals` cover everything journalled in this epoch so far. */
export const VotesMessage = Type.Object(
  {
    epoch: Epoch,
    votes: Type.Array(Vote, { minItems: 1, maxItems: MAX_VOTES_PER_MESSAGE }),
    totals: Counts,
  },
  { additionalProperties: false },
);
export type VotesMessage = Static<typeof VotesMessage>;
