/** What the HTTP API says about scores, units and windows; the live stream carries the same rows. */
import { type Static, Type } from 'typebox';
import { Counts } from './vote.ts';

// One plain keyword each instead of anyOf: a serializer made from the schema need not try the branches row by row.
export function oneOf<T extends string>(values: readonly T[]) {
  return Type.Unsafe<T>({ type: 'string', enum: [...values] });
}
export const NullableNumber = Type.Unsafe<number | null>({ type: ['number', 'null'] });
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

/**
 * Do the stored votes agree with what the terminals say they have taken? `complete` they do; `pending` that many votes
 * are still on their way; `lost` that many can no longer be sent; `mismatch` the numbers agree but not the ratings;
 * `unknown` no terminal has said anything yet. `pending` and `lost` are counts of votes, and both may be non-zero.
 */
export const Completeness = Type.Object({
  state: oneOf(['complete', 'pending', 'lost', 'mismatch', 'unknown']),
  pending: Type.Integer(),
  lost: Type.Integer(),
});
export type Completeness = Static<typeof Completeness>;

export const TerminalCount = Type.Object({
  online: Type.Integer(),
  offline: Type.Integer(),
  /** When the last of them went silent; null while one is online or none was ever seen. */
  offlineSince: NullableNumber,
});
export type TerminalCount = Static<typeof TerminalCount>;

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
  /** When the latest vote was pressed, in whatever period; null before the first. */
  lastVoteAt: NullableNumber,
  terminals: TerminalCount,
  completeness: Completeness,
});
export type ScoreRow = Static<typeof ScoreRow>;
