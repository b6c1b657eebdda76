/** Alerts as they cross a wire: something that somebody should look at, from when it began until it has ended. */
import { type Static, Type } from 'typebox';
import { EpochMs } from './ids.ts';
import { NullableNumber, NullableString, oneOf } from './score.ts';

/**
 * `unsatisfied` a counted 不满意; `unsatisfied-rising` more of them among a window's votes than usual; `rate-under-target` for certain, by
 * the interval; `terminal-silent` in opening hours; `votes-pending` on their way for too long; `review-waiting` for a person to decide.
 */
export const ALERT_KINDS = [
  'unsatisfied',
  'unsatisfied-rising',
  'rate-under-target',
  'terminal-silent',
  'votes-pending',
  'review-waiting',
] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

/** `acknowledged`: somebody has seen to it, and it has not ended. */
export const ALERT_STATES = ['open', 'acknowledged', 'closed'] as const;
export type AlertState = (typeof ALERT_STATES)[number];

export const AlertItem = Type.Object({
  id: Type.String(),
  kind: oneOf(ALERT_KINDS),
  state: oneOf(ALERT_STATES),
  /** What it is about: `unit:ID`, `window:ID` or `terminal:ID`, and its name. */
  node: Type.String(),
  name: Type.String(),
  /** The unit that it stands under. */
  unitId: Type.String(),
  isUrgent: Type.Boolean(),
  /** When it began, when it was last seen, how often; `end` null: it has not ended. */
  begin: EpochMs,
  last: EpochMs,
  times: Type.Integer(),
  end: NullableNumber,
  acknowledgedAt: NullableNumber,
  acknowledgedBy: NullableString,
  /** Who has closed it: `gateway` when it has ended by itself; and why. */
  closedBy: NullableString,
  closedWhy: NullableString,
  /** The figures that it rests on. */
  detail: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()])),
});
export type AlertItem = Static<typeof AlertItem>;

const Share = Type.Number({ description: 'A share, between 0 and 1' });
const Minutes = Type.Number({ description: 'Minutes' });
const rule = <P extends Parameters<typeof Type.Object>[0]>(properties: P) =>
  Type.Optional(Type.Union([Type.Object({ ...properties }, { additionalProperties: false }), Type.Null()]));
const isUrgent = Type.Boolean({ description: 'Told at once, also in quiet hours' });

/** What is left out is inherited from above; null turns a kind off. Whether values are within bounds the gateway says. */
export const SomeAlertSettings = Type.Object(
  {
    unsatisfied: rule({ closesAfterMinutes: Minutes, isUrgent }),
    rising: rule({ usual: Share, watched: Share, height: Type.Number(), closesAt: Type.Number(), isUrgent }),
    rate: rule({
      period: oneOf(['today', '7d', 'month'] as const),
      of: oneOf(['units', 'windows'] as const),
      closesAbove: Share,
      isUrgent,
    }),
    silent: rule({
      afterMinutes: Minutes,
      backMinutes: Minutes,
      assumesOpen: Type.Boolean(),
      outageShare: Share,
      outageEndsShare: Share,
      outageWithinMinutes: Minutes,
      outageTerminals: Type.Number(),
      isUrgent,
    }),
    pending: rule({ afterMinutes: Minutes, isUrgent }),
    review: rule({ afterMinutes: Minutes, isUrgent }),
    quiet: rule({ from: Type.String({ maxLength: 5 }), to: Type.String({ maxLength: 5 }) }),
  },
  { additionalProperties: false },
);
export type SomeAlertSettings = Static<typeof SomeAlertSettings>;
