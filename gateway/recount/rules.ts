/** Which rules hold when: what the versions at a window and above it say, day by day. */
import type { StoredRules } from '../store/recount.ts';
import { createIsOpen, type Hours, type NoticesOf } from './hours.ts';
import { dayAfter, type LocalTime } from './local-time.ts';

/** 0 turns a rule off; no hours: always open. */
export type Settings = {
  pressIntervalMs: number;
  changeOfMindMs: number;
  burstPresses: number;
  burstSpanMs: number;
  stuckPresses: number;
  stuckVariationPercent: number;
  stuckLongestGapMs: number;
  stuckHeldMs: number;
  hours: Hours | null;
  /** Days off and days that are worked, whatever notices say. */
  holidays: readonly { date: string }[];
  workdays: readonly { date: string }[];
};

/** Where no version says otherwise: docs/method.md. */
const DEFAULTS: Settings = {
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

export type Rules = Settings & { isOpen(atMs: number): boolean };

export type RulesThroughTime = {
  /** By the local date of the press. */
  at(atMs: number): Rules;
  /** Presses further apart have nothing to do with each other, by whatever rules. */
  readonly quietMs: number;
};

/**
 * On a date: at each place the version that was written last of those that cover it, each setting by the lowest place that has it.
 * @param path places from the top down
 */
export function settingsOn(
  path: readonly string[],
  date: string,
  versions: readonly StoredRules[],
): Settings {
  let settings = DEFAULTS;
  for (const place of path) {
    const covering = versions.filter(
      ({ node, validFrom, validTo }) =>
        node === place && validFrom <= date && (validTo === null || date <= validTo),
    );
    const latest = covering.reduce<StoredRules | null>(
      (found, one) => (found !== null && found.version > one.version ? found : one),
      null,
    );
    if (latest) settings = { ...settings, ...known(latest.settings) };
  }
  return settings;
}

const known = (settings: object): Partial<Settings> =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => name in DEFAULTS));

export function rulesThroughTime(
  path: readonly string[],
  versions: readonly StoredRules[],
  local: LocalTime,
  noticesOf: NoticesOf,
): RulesThroughTime {
  const dates = new Set<string>();
  for (const { node, validFrom, validTo } of versions) {
    if (!path.includes(node)) continue;
    dates.add(validFrom);
    if (validTo !== null) dates.add(dayAfter(validTo));
  }
  const beginning = '0000-01-01';
  const spans = [beginning, ...[...dates].filter((date) => date > beginning).sort()].map((date) => {
    const settings = settingsOn(path, date, versions);
    const isOpen =
      settings.hours === null ? () => true : createIsOpen(settings.hours, settings, local, noticesOf);
    return {
      from: date === beginning ? Number.NEGATIVE_INFINITY : local.startOf(date),
      rules: { ...settings, isOpen },
    };
  });
  let current = spans.length - 1;
  return {
    at(atMs) {
      const isNow = (index: number) =>
        atMs >= (spans[index]?.from ?? 0) && atMs < (spans[index + 1]?.from ?? Number.POSITIVE_INFINITY);
      if (!isNow(current)) current = spans.findIndex((_span, index) => isNow(index));
      return (spans[current] as (typeof spans)[number]).rules;
    },
    quietMs: Math.max(
      ...spans.flatMap(({ rules }) => [
        ...[rules.pressIntervalMs, rules.changeOfMindMs],
        ...[rules.burstSpanMs, rules.stuckLongestGapMs],
      ]),
    ),
  };
}

/** Of a window that was moved: at each place those of that place. @param since in the order of time, the first from ever */
export function throughPlaces(since: readonly { from: number; rules: RulesThroughTime }[]): RulesThroughTime {
  return {
    at: (atMs) => (since.filter(({ from }) => from <= atMs).at(-1) as (typeof since)[number]).rules.at(atMs),
    quietMs: Math.max(...since.map(({ rules }) => rules.quietMs)),
  };
}
