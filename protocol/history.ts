/** What the HTTP API says of a unit or window over time: a series, its total, and what they are compared with. */
import { type Static, Type } from 'typebox';
import { CHANNELS } from './channel.ts';
import { EpochMs } from './ids.ts';
import { FigureRules, Interval, oneOf, SpanFigures } from './score.ts';

/** What a series is cut into; weeks are those of ISO 8601. */
export const HISTORY_STEPS = ['hour', 'day', 'week', 'month', 'quarter', 'year'] as const;
/**
 * `previous`: as many hours, days, months, … just before; `year`: the same a year before; `siblings`: in the same period, all others of
 * its kind together that stood below the same unit, each for as long as both did.
 */
export const HISTORY_COMPARISONS = ['previous', 'year', 'siblings'] as const;

/** What units and windows are called in an answer: as today, or as at the time. */
export const HISTORY_NAMES = ['now', 'then'] as const;

/** `from` inclusive, `to` exclusive, UTC milliseconds; the name is a period as one may ask for it. */
const span = { name: Type.String(), from: Type.Integer(), to: Type.Integer() };

/** Of a span, where names of the time were asked for. */
export const NodeThen = Type.Object({
  /** At the end of the span, as is the path. */
  name: Type.String(),
  path: Type.Array(Type.String()),
  /** Within the span it, or what it stood under, was called otherwise before, or it stood elsewhere. */
  isChanged: Type.Boolean(),
});
export type NodeThen = Static<typeof NodeThen>;

export const HistorySpan = Type.Object({
  ...span,
  node: Type.Optional(NodeThen),
  /** A part of what its name says, because the period begins or ends within it. */
  isCut: Type.Boolean(),
  /** It was not over yet. */
  isOpen: Type.Boolean(),
  ...SpanFigures.properties,
});
export type HistorySpan = Static<typeof HistorySpan>;

/** By both ends of the difference's interval. */
export const DIFFERENCE_CHANGES = ['greater', 'smaller', 'open'] as const;
type DifferenceChange = (typeof DIFFERENCE_CHANGES)[number];

/** How much the total is greater than what it is compared with; `change` by the interval of the difference. */
const Difference = Type.Unsafe<{
  value: number;
  lower: number;
  upper: number;
  change: DifferenceChange;
} | null>({
  type: ['object', 'null'],
  properties: { value: Type.Number(), ...Interval.properties, change: oneOf(DIFFERENCE_CHANGES) },
  required: ['value', 'lower', 'upper', 'change'],
  additionalProperties: false,
});
export const HistoryComparison = Type.Object({
  with: oneOf(HISTORY_COMPARISONS),
  ...span,
  /** Of the unit or window, when that span began: another than that of the period, where it was changed since. */
  timeZone: Type.String(),
  /** Left out of siblings, which have no one name. */
  node: Type.Optional(NodeThen),
  ...SpanFigures.properties,
  /** Null where one of the two has no votes. */
  differences: Type.Object({ rate: Difference, index: Difference }),
});
export type HistoryComparison = Static<typeof HistoryComparison>;

/** What came by one channel: its total, and a figure a span, in the order of `spans`. */
export const ChannelHistory = Type.Object({
  channel: oneOf(CHANNELS),
  total: SpanFigures,
  spans: Type.Array(SpanFigures),
});
export type ChannelHistory = Static<typeof ChannelHistory>;

/** The answer to `GET /api/v1/history`. */
export const History = Type.Object({
  figures: Type.Object({
    ...FigureRules.properties,
    period: Type.Object({
      ...span,
      /** Of the unit or window, when the period begins. */
      timeZone: Type.String(),
      /** Only where it has lain in several within the period: each since when, the first from its beginning on. */
      timeZones: Type.Optional(Type.Array(Type.Object({ from: EpochMs, timeZone: Type.String() }))),
    }),
    by: oneOf(HISTORY_STEPS),
    /** Of which channel the figures are; left out where they are of all together. */
    channel: Type.Optional(oneOf(CHANNELS)),
    /** `then`: names and paths are those of the time; left out where they are those of today. */
    names: Type.Optional(oneOf(['then'])),
    /** Of the data: of two answers with the same one, and the same period, the figures are the same. */
    revision: Type.String(),
  }),
  node: Type.Object({
    kind: oneOf(['unit', 'window']),
    id: Type.String(),
    name: Type.String(),
    path: Type.Array(Type.String()),
    /** Where names of the time were asked for: as in a span, of the whole period. */
    isChanged: Type.Optional(Type.Boolean()),
  }),
  total: SpanFigures,
  comparisons: Type.Array(HistoryComparison),
  /** They tile the period; of all of them together is the total. */
  spans: Type.Array(HistorySpan),
  /** Where they were asked for: of each channel that something came by, and together they are the total. */
  channels: Type.Optional(Type.Array(ChannelHistory)),
});
export type History = Static<typeof History>;
