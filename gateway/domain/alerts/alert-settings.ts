/** The rules of alerts: what they may be set to, and what they are where nobody has said. Null: such an alert is never opened. */

/** A counted 不满意: an alert until so long has passed without another. */
export type UnsatisfiedRule = { closesAfterMinutes: number; isUrgent: boolean };

/**
 * Bernoulli CUSUM over a window's counted votes, which tells a share of unsatisfied ones of `watched` from one that is `usual` soonest.
 * Opens where the sum reaches `height`, and closes where it has come down to `closesAt`.
 */
export type RisingRule = {
  usual: number;
  watched: number;
  height: number;
  closesAt: number;
  isUrgent: boolean;
};

/**
 * The rate of a period is under the target for certain: the interval's upper end is. Closes where that is above the target by
 * `closesAbove`.
 */
export type RateRule = {
  period: 'today' | '7d' | 'month';
  of: 'units' | 'windows';
  closesAbove: number;
  isUrgent: boolean;
};

/**
 * A terminal is not there while its window is open. It is back when it has stayed for `backMinutes`. Where no hours are known, nothing
 * is said unless it `assumesOpen`. `outageShare` of a unit's terminals, and at least `outageTerminals`, that fall silent within
 * `outageWithinMinutes` are one outage of the unit, until fewer than `outageEndsShare` are silent.
 */
export type SilentRule = {
  afterMinutes: number;
  backMinutes: number;
  assumesOpen: boolean;
  outageShare: number;
  outageEndsShare: number;
  outageWithinMinutes: number;
  outageTerminals: number;
  isUrgent: boolean;
};

export type WaitingRule = { afterMinutes: number; isUrgent: boolean };

/** Local clock times; over midnight where it ends before it begins. What opens meanwhile is told at the end. */
export type QuietHours = { from: string; to: string };

export type AlertSettings = {
  unsatisfied: UnsatisfiedRule | null;
  rising: RisingRule | null;
  rate: RateRule | null;
  silent: SilentRule | null;
  /** Votes are on their way for so long. */
  pending: WaitingRule | null;
  /** Held votes wait for a person for so long. */
  review: WaitingRule | null;
  quiet: QuietHours | null;
};

/**
 * What machines do is watched from the first day on. What citizens press is not: how many false alarms a day somebody wants to have is
 * theirs to say.
 */
export const DEFAULT_ALERTS: AlertSettings = {
  unsatisfied: null,
  rising: null,
  rate: null,
  silent: {
    afterMinutes: 15,
    backMinutes: 2,
    assumesOpen: false,
    outageShare: 0.6,
    outageEndsShare: 0.3,
    outageWithinMinutes: 5,
    outageTerminals: 3,
    isUrgent: false,
  },
  pending: { afterMinutes: 60, isUrgent: false },
  review: { afterMinutes: 24 * 60, isUrgent: false },
  quiet: null,
};
