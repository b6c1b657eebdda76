/** The rules of one window through time: which of them a press is judged by. */
import type { Calendar } from '../calendar.ts';
import { type Holidays, NO_HOLIDAYS, withLocalDays } from '../opening-hours/holidays.ts';
import { readDate } from '../opening-hours/hours-settings.ts';
import { createOpeningHours, type OpeningHours } from '../opening-hours/opening-hours.ts';
import { widestRatio } from './regularity.ts';
import type { RuleSettings, Thresholds } from './rule-settings.ts';
import { changeDates, type RuleVersion, rulesFor } from './rule-versions.ts';
import type { Judgement } from './verdict.ts';

/** Rules in force, ready to judge by. */
export type Rules = Thresholds & {
  readonly id: string;
  /** Whose days and clocks it goes by. */
  readonly timeZone: string;
  /** Null: not known, always open. */
  readonly openingHours: OpeningHours | null;
  /** A day's name, for whoever is to be told of it. */
  readonly dayName: (atMs: number) => string;
  readonly dayOf: (atMs: number) => number;
  /** See `widestRatio`. */
  readonly stuckRatio: number;
  /** The verdict of nearly every vote: made once. */
  readonly counted: Judgement;
};

export type WindowRules = {
  /** By the local date of the press in the window's time zone, whatever a clock says of when it came. */
  at(atMs: number): Rules;
  /** Every one that there ever is, oldest first. */
  readonly all: readonly Rules[];
};

export type RulesPlace = {
  calendar: Calendar;
  /** See `createZonedTime`. */
  zoned: (atMs: number) => string;
  /** Of a jurisdiction; those of one that nobody knows are none. */
  holidaysOf: (jurisdiction: string) => Holidays;
};

/** @param versions names them, see `RulesInForce`; the holidays that they use are named with them. */
export function createRules(versions: string, settings: RuleSettings, place: RulesPlace): Rules {
  const { hours, holidays: off, workdays, ...thresholds } = settings;
  const { calendar, zoned } = place;
  const notices = hours?.jurisdiction ? place.holidaysOf(hours.jurisdiction) : NO_HOLIDAYS;
  const holidays = withLocalDays(notices, off, workdays);
  const id = hours?.jurisdiction ? `${versions} ${hours.jurisdiction}:${holidays.revision}` : versions;
  return {
    ...thresholds,
    id,
    timeZone: calendar.timeZone,
    openingHours: hours ? createOpeningHours(hours, holidays, calendar, zoned) : null,
    dayName: (atMs) => calendar.nameOf(calendar.dayOf(atMs)),
    dayOf: calendar.dayOf,
    stuckRatio: widestRatio(thresholds),
    counted: { rules: id, code: 'counted' },
  };
}

/** The same for good. */
export function constantRules(rules: Rules): WindowRules {
  return { at: () => rules, all: [rules] };
}

/** @param eras in the order of time: from each moment on these rules hold, and the first from ever */
export function rulesThroughEras(eras: readonly { from: number; rules: WindowRules }[]): WindowRules {
  const [first, ...later] = eras;
  if (!first) throw new RangeError('no rules at all');
  if (later.length === 0) return first.rules;
  return {
    all: [...new Set(eras.flatMap(({ rules }) => rules.all))],
    at: (atMs) => (later.findLast(({ from }) => from <= atMs) ?? first).rules.at(atMs),
  };
}

/** @param path ids from the top of the tree down to the window. */
export function createWindowRules(
  path: readonly string[],
  versions: readonly RuleVersion[],
  place: RulesPlace,
): WindowRules {
  const spans = ['0000-01-01', ...changeDates(path, versions)].map((date, index) => {
    const { id, settings } = rulesFor(path, date, versions);
    const day = readDate(date) ?? 0;
    return {
      from: index === 0 ? Number.NEGATIVE_INFINITY : place.calendar.startOf(day),
      rules: createRules(id, settings, place),
    };
  });
  const starts = spans.map(({ from }) => from);
  const all = spans.map(({ rules }) => rules);
  let current = all.length - 1;
  const holds = (index: number, atMs: number) =>
    atMs >= (starts[index] as number) && atMs < (starts[index + 1] ?? Number.POSITIVE_INFINITY);
  return {
    all,
    at(atMs) {
      // Votes come in the order of time, or nearly.
      if (!holds(current, atMs)) current = starts.findLastIndex((from) => atMs >= from);
      return all[current] as Rules;
    },
  };
}
