/** The thresholds of the rules, what they may be, and what they are where nobody has said. */
import type { LocalDay } from '../opening-hours/holidays.ts';
import type { HoursSettings } from '../opening-hours/hours-settings.ts';

/** Numbers, each within its bounds; 0 turns a rule off. */
export type Thresholds = {
  /** After a press that is kept, others on the same device are too soon (R1). */
  pressIntervalMs: number;
  /** A press of another button within it takes the place of the first (R2). */
  changeOfMindMs: number;
  /** More presses at a window … */
  burstPresses: number;
  /** … within that are a burst (R4). */
  burstSpanMs: number;
  /** So many presses of one button … */
  stuckPresses: number;
  /** … at gaps whose standard deviation is less than that of their mean … */
  stuckVariationPercent: number;
  /** … none of them longer, are a contact that sticks (R5). */
  stuckLongestGapMs: number;
  /** So is one that is held longer. */
  stuckHeldMs: number;
};

export type RuleSettings = Thresholds & {
  /** Null: not known, always open (R11). */
  hours: HoursSettings | null;
  /** Days off and days that are worked here, whatever the notices of a jurisdiction say of them. */
  holidays: readonly LocalDay[];
  workdays: readonly LocalDay[];
};

/** What is no threshold is written as JSON where rules are set by hand. */
export const isThreshold = (rule: string): rule is keyof Thresholds => rule in THRESHOLD_BOUNDS;

export const DEFAULT_RULES: RuleSettings = {
  pressIntervalMs: 5_000,
  changeOfMindMs: 3_000,
  burstPresses: 4,
  burstSpanMs: 20_000,
  stuckPresses: 10,
  stuckVariationPercent: 10,
  stuckLongestGapMs: 60_000,
  stuckHeldMs: 5_000,
  ...{ hours: null, holidays: [], workdays: [] },
};

/** Everything that was pressed counts. */
export const RULES_OFF: RuleSettings = {
  ...{ pressIntervalMs: 0, changeOfMindMs: 0, burstPresses: 0, burstSpanMs: 0 },
  ...{ stuckPresses: 0, stuckVariationPercent: 0, stuckLongestGapMs: 0, stuckHeldMs: 0 },
  ...{ hours: null, holidays: [], workdays: [] },
};

type Bounds = { least: number; most: number };

/**
 * Least and most beside 0. They bound what one vote can be judged by to hours: see `reachOf`. Fewer than five presses are regular by
 * chance, and so is anything at a variation of a third.
 */
export const THRESHOLD_BOUNDS: Readonly<Record<keyof Thresholds, Bounds>> = {
  pressIntervalMs: { least: 500, most: 60_000 },
  changeOfMindMs: { least: 500, most: 60_000 },
  burstPresses: { least: 2, most: 50 },
  burstSpanMs: { least: 1_000, most: 300_000 },
  stuckPresses: { least: 5, most: 50 },
  stuckVariationPercent: { least: 1, most: 30 },
  stuckLongestGapMs: { least: 1_000, most: 120_000 },
  stuckHeldMs: { least: 1_000, most: 600_000 },
};
