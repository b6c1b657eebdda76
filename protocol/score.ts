/** What the HTTP API says about scores, units and windows; the live stream carries the same rows. */
import { type Static, Type } from 'typebox';
import { CHANNELS } from './channel.ts';
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
 * before it; `month` the local calendar month so far. Local: the gateway's configured time zone, also of units that lie in another.
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

/** Where a figure may truly lie, with the confidence of the answer's `figures`; unrounded. */
export const Interval = Type.Object({ lower: Type.Number(), upper: Type.Number() });
export type Interval = Static<typeof Interval>;

/**
 * What a rate's interval proves about the target: `meets` even its lower end does, `fails` even its upper end does not, `open` either
 * may be; `insufficient` fewer votes than the minimum, or none.
 */
export const PROOFS = ['meets', 'open', 'fails', 'insufficient'] as const;
export const Proof = oneOf(PROOFS);
export type Proof = (typeof PROOFS)[number];

/**
 * A place by the rate, 1 the best, equals share it; `best` to `worst` are all the places that it can truly have, at once with all
 * others'. `of`: how many are ranked, which are those whose sample is sufficient.
 */
const place = {
  rank: Type.Integer(),
  best: Type.Integer(),
  worst: Type.Integer(),
  of: Type.Integer(),
};
export type Place = { rank: number; best: number; worst: number; of: number };
const NullablePlace = Type.Unsafe<Place | null>({
  type: ['object', 'null'],
  properties: place,
  required: Object.keys(place),
  additionalProperties: false,
});

/** What all figures of an answer were made by, so that anyone can make them again from the counts. */
export const FigureRules = Type.Object({
  /** Which formulas: `manyi/figures/1`. */
  method: Type.String(),
  /** Of the index. */
  weights: Counts,
  /** Fewer votes than this are an insufficient sample. */
  minimum: Type.Integer(),
  /** Of the rate, 0 to 1. */
  target: Type.Number(),
  /** Of every interval, and of all places together. */
  confidence: Type.Number(),
  /** Version of the rules by which votes are discounted; `none` where there are no rules. */
  rules: Type.String(),
});
export type FigureRules = Static<typeof FigureRules>;

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

const intervals = { rate: Interval, index: Interval, satisfiedShare: Interval, middleShare: Interval };
export type Intervals = Record<keyof typeof intervals, Interval>;
const NullableIntervals = Type.Unsafe<Intervals | null>({
  type: ['object', 'null'],
  properties: intervals,
  required: Object.keys(intervals),
  additionalProperties: false,
});

/** All that is told of the votes of one node in one span. */
export const SpanFigures = Type.Object({
  ...Score.properties,
  /** Of the votes, 0 to 1, not rounded; null without votes. A rate alone hides what is only basically satisfied. */
  satisfiedShare: NullableNumber,
  middleShare: NullableNumber,
  /** Of the four figures; null without votes. */
  intervals: NullableIntervals,
  isSufficient: Type.Boolean(),
  /** Of the rate against the target. */
  proof: Proof,
  /** All that were pressed: `counts`, the excluded and the discounted. */
  pressed: Counts,
  /** Votes of the span that are stored and not counted, because a person has excluded them; null when there are none. */
  excluded: NullableCounts,
  /** … because rules discount them; null when there are none. */
  discounted: NullableDiscounted,
});
export type SpanFigures = Static<typeof SpanFigures>;

/**
 * One line of `GET /api/v1/scores`: a unit or a window. A window's votes are all its own, a unit's those of the windows below it, by `stood`
 * of the figures; its terminals, what is missing and the latest vote are of what stands there now.
 */
export const ScoreRow = Type.Object({
  id: Type.String(),
  kind: oneOf(['unit', 'window']),
  name: Type.String(),
  /** Of a unit: the unit above it, null at the top. Of a window: its unit. */
  parentId: NullableString,
  /** Names from the top of the tree down to this one. */
  path: Type.Array(Type.String()),
  ...SpanFigures.properties,
  /** Among the children of the same parent, of the same kind; null where the sample is insufficient. */
  place: NullablePlace,
  /** Of a window: among all windows that the caller sees. Null for units, and where the sample is insufficient. */
  placeOfAll: NullablePlace,
  /** When the latest vote was pressed, in whatever period; null before the first. */
  lastVoteAt: NullableNumber,
  terminals: TerminalCount,
  completeness: Completeness,
});
export type ScoreRow = Static<typeof ScoreRow>;

/** What is told of groups only where it is asked for, because it takes longer than all the rest. */
export const GROUP_FIGURES = ['shrinkage', 'funnel'] as const;
export type GroupFigure = (typeof GROUP_FIGURES)[number];

/**
 * Why there is no such figure: `no-votes` of the node; `insufficient` its sample is; `group-small` fewer than two nodes of the group
 * have votes (for the funnel: a sufficient sample); `group-alike` all votes of these are good, or none is.
 */
export const GROUP_GAPS = ['no-votes', 'insufficient', 'group-small', 'group-alike'] as const;
export type GroupGap = (typeof GROUP_GAPS)[number];
const NullableGap = Type.Unsafe<GroupGap | null>({ type: ['string', 'null'], enum: [...GROUP_GAPS, null] });
const NullableInterval = Type.Unsafe<Interval | null>({
  type: ['object', 'null'],
  properties: Interval.properties,
  required: ['lower', 'upper'],
  additionalProperties: false,
});

/** The rate that the votes of a group make one expect, and how many votes it is worth. */
const prior = { mean: Type.Number(), strength: Type.Number() };
export type Prior = { mean: number; strength: number };

/** (mean · strength + good votes) / (strength + votes), by the prior of its group; `reason` where it is null. */
export const ShrunkRate = Type.Object({ rate: NullableNumber, reason: NullableGap });
export type ShrunkRate = Static<typeof ShrunkRate>;

/**
 * The rate of all nodes with a sufficient sample together, how many these are, and φ, how much more they differ than by chance; so much
 * that the limits are too tight where it is `isOverDispersed`.
 */
const funnel = {
  centre: Type.Number(),
  nodes: Type.Integer(),
  dispersion: Type.Number(),
  isOverDispersed: Type.Boolean(),
};
export type GroupFunnel = { centre: number; nodes: number; dispersion: number; isOverDispersed: boolean };

/**
 * Exact limits of a rate of so many votes around the centre of its group: chance leaves one in twenty beyond `alert` (95 %), one in
 * five hundred beyond `alarm` (99.8 %). `zone`: beyond which of them the rate lies, `side`: below or above; all null with a `reason`.
 */
export const FUNNEL_ZONES = ['inside', 'alert', 'alarm'] as const;
export const FUNNEL_SIDES = ['low', 'high'] as const;
export const NodeFunnel = Type.Object({
  alert: NullableInterval,
  alarm: NullableInterval,
  zone: Type.Unsafe<(typeof FUNNEL_ZONES)[number] | null>({
    ...{ type: ['string', 'null'], enum: [...FUNNEL_ZONES, null] },
  }),
  side: Type.Unsafe<(typeof FUNNEL_SIDES)[number] | null>({
    ...{ type: ['string', 'null'], enum: [...FUNNEL_SIDES, null] },
  }),
  reason: NullableGap,
});
export type NodeFunnel = Static<typeof NodeFunnel>;

function nullableObject<T>(properties: { [key: string]: object }) {
  return Type.Unsafe<T | null>({
    type: ['object', 'null'],
    ...{ properties, required: Object.keys(properties), additionalProperties: false },
  });
}

/** Nodes that have places beside each other: what stands beside their rates, by the votes of all of them. */
export const ScoreGroup = Type.Object({
  /** `siblings`: whose `place` is in it; `all`: every window that the caller sees, whose `placeOfAll` is. */
  among: oneOf(['siblings', 'all']),
  kind: oneOf(['unit', 'window']),
  /** Of siblings: the unit above them, null at the top. */
  parentId: NullableString,
  /**
   * The ids of all nodes that can truly be among the best `of`: whose place begins there or before; the best rank first. They may be more
   * than `of`, and hold all of these at once with the confidence of the answer. Of nodes that were asked for.
   */
  best: Type.Optional(Type.Object({ of: Type.Integer(), ids: Type.Array(Type.String()) })),
  /** Null where fewer than two nodes have votes. */
  prior: Type.Optional(nullableObject<Prior>(prior)),
  /** Null where fewer than two nodes have a sufficient sample, or all have one and the same rate of 0 or 1. */
  funnel: Type.Optional(nullableObject<GroupFunnel>(funnel)),
  /** Those of its nodes that were asked for, in the order of the rows. */
  nodes: Type.Optional(
    Type.Array(
      Type.Object({
        id: Type.String(),
        shrunk: Type.Optional(ShrunkRate),
        funnel: Type.Optional(NodeFunnel),
      }),
    ),
  ),
});
export type ScoreGroup = Static<typeof ScoreGroup>;

/** The answer to `GET /api/v1/scores`. */
export const Scores = Type.Object({
  figures: Type.Object({
    ...FigureRules.properties,
    period: Type.Object({
      name: Period,
      /** The press times that count, `from` inclusive, `to` exclusive, milliseconds. */
      from: Type.Integer(),
      to: Type.Integer(),
      timeZone: Type.String(),
    }),
    /** Of which channel the figures are; left out where they are of all together. */
    channel: Type.Optional(oneOf(CHANNELS)),
    /**
     * Where a window stood whose votes a unit has: `then`, when each was pressed, as in history and in what is published; `now`, where it is
     * shown in steps, which tell of votes of a window together and cannot be parted at the moment of a move.
     */
    stood: oneOf(['then', 'now']),
    /** Of the data: of two answers with the same one, and the same period, the figures are the same. */
    revision: Type.String(),
  }),
  /** Every unit (parents first), then every window. */
  rows: Type.Array(ScoreRow),
  /** Where they were asked for (`with`, `best`): of units, of windows, and of all windows together. */
  groups: Type.Optional(Type.Array(ScoreGroup)),
});
export type Scores = Static<typeof Scores>;
