/** What the HTTP API says about scores, units and windows; the live stream carries the same rows. */
import { type Static, Type } from 'typebox';
import type { Verdict } from './verdict.ts';
import { Counts } from './vote.ts';

// One plain keyword each instead of anyOf: a serializer made from the schema need not try the branches row by row.
export function oneOf<T extends string>(values: readonly T[]) {
  return Type.Unsafe<T>({ type: 'string', enum: [...values] });
}
export const NullableNumber = Type.Unsafe<number | null>({ type: ['number', 'null'] });
export const NullableCounts = Type.Unsafe<Counts | null>({
  type: ['object', 'null'],
  properties: Counts.properties,
  required: ['satisfied', 'basically', 'unsatisfied'],
  additionalProperties: false,
});
export const NullableString = Type.Unsafe<string | null>({ type: ['string', 'null'] });

/**
 * `today` the local day so far; `60m` the minute under way and the 59 before it; `7d` today and the six local days
 * before it; `month` the local calendar month so far. Local: the gateway's configured time zone.
 */
export const PERIODS = ['today', '60m', '7d', 'month'] as const;
export const Period = oneOf(PERIODS);
export type Period = (typeof PERIODS)[number];

export const Score = Type.Object({
  counts: Counts,
  votes: Type.Integer(),
  /** (satisfied + basically) / votes, 0 to 1, not rounded; null without votes. */
  rate: NullableNumber,
  /** Weighted mean, 0 to 100, not rounded; null without votes. */
  index: NullableNumber,
});
export type Score = Static<typeof Score>;

/** From the best to the worst; of several, the worst is told. */
export const COMPLETENESS_STATES = [
  'complete',
  'unknown',
  'pending',
  'held',
  'set-aside',
  'lost',
  'mismatch',
] as const;

/**
 * Do the figures hold everything that the terminals have taken? `complete` they do; `unknown` a terminal is silent, or has
 * said nothing yet: what it takes meanwhile nobody can know; `pending` that many votes are still on their way; `held` that many
 * came and are kept apart until a person has decided; `set-aside` that many lie in a journal that was put away on a
 * terminal's card; `lost` that many can no longer be sent; `mismatch` the evidences contradict each other. The counts are of
 * votes, and several may be non-zero whatever the state. `since`: the earliest moment from which a silent terminal's part
 * is unknown, milliseconds; null when none is silent, or it was never heard of.
 */
export const Completeness = Type.Object({
  state: oneOf(COMPLETENESS_STATES),
  pending: Type.Integer(),
  held: Type.Integer(),
  setAside: Type.Integer(),
  lost: Type.Integer(),
  since: NullableNumber,
});
export type Completeness = Static<typeof Completeness>;

export const TerminalCount = Type.Object({
  online: Type.Integer(),
  offline: Type.Integer(),
  /** When the last of them went silent; null while one is online or none was ever seen. */
  offlineSince: NullableNumber,
  /** Whose clock and the gateway's disagree: by more than ten minutes one of them is wrong. */
  clockApart: Type.Integer(),
});
export type TerminalCount = Static<typeof TerminalCount>;

/** Votes that rules discount: how many of each rating, and how many for each reason. */
export type Discounted = { counts: Counts; reasons: Partial<Record<Verdict, number>> };
export const NullableDiscounted = Type.Unsafe<Discounted | null>({
  type: ['object', 'null'],
  properties: {
    counts: Counts,
    reasons: { type: 'object', additionalProperties: { type: 'integer' } },
  },
  required: ['counts', 'reasons'],
  additionalProperties: false,
});

/** One line of `GET /api/v1/scores`: a unit or a window. A unit sums everything below it. */
export const ScoreRow = Type.Object({
  id: Type.String(),
  kind: oneOf(['unit', 'window']),
  name: Type.String(),
  /** Of a unit: the unit above it, null at the top. Of a window: its unit. */
  parentId: NullableString,
  /** Names from the top of the tree down to this one. */
  path: Type.Array(Type.String()),
  ...Score.properties,
  /** Votes of the period that are stored and not counted, because a person has excluded them; null when there are none. */
  excluded: NullableCounts,
  /** … because rules discount them; null when there are none. With these and the excluded, `counts` are all that were pressed. */
  discounted: NullableDiscounted,
  /** When the latest vote was pressed, in whatever period; null before the first. */
  lastVoteAt: NullableNumber,
  terminals: TerminalCount,
  completeness: Completeness,
});
export type ScoreRow = Static<typeof ScoreRow>;
