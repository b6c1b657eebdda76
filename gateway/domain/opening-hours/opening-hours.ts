/** When one window is open: its week, its exceptions and its jurisdiction's holidays, in its time zone. */
import { type Calendar, MINUTE_MS } from '../calendar.ts';
import { type ClockSpan, momentsOf, type OpenSpan } from './clock-spans.ts';
import type { Holidays } from './holidays.ts';
import { type HoursSettings, type HoursSpan, readClockTime, readDate } from './hours-settings.ts';

export type { OpenSpan } from './clock-spans.ts';

/** Why a day has the hours that it has. */
export type DayKind = 'week' | 'holiday' | 'makeUp' | 'exception';

export type OpenDay = {
  /** Ascending, disjoint, without the grace. */
  readonly spans: readonly OpenSpan[];
  readonly kind: DayKind;
  /** Of the holiday or the exception. */
  readonly name: string | null;
  /** A notice that is still to come may change it. */
  readonly isProvisional: boolean;
};

export type OpeningHours = {
  /** Grace included: a vote pressed then is not out of hours. */
  isOpen(atMs: number): boolean;
  /** When it has opened, grace included; null while it is closed. */
  openSince(atMs: number): number | null;
  openDay(day: number): OpenDay;
  openSpansOf(day: number): readonly OpenSpan[];
};

const DAYS_KEPT = 1_000;

/** @param hours without faults (`hoursFaults`). Where hours are not known there is no such object, and it is always open. */
export function createOpeningHours(
  hours: HoursSettings,
  holidays: Holidays,
  calendar: Calendar,
  zoned: (atMs: number) => string,
): OpeningHours {
  const weekly = hours.weekly.map(clockSpans);
  const makeUp = hours.makeUp ? clockSpans(hours.makeUp) : (weekly.find(({ length }) => length > 0) ?? []);
  const exceptions = new Map(hours.exceptions.map((exception) => [readDate(exception.date), exception]));
  const graceBefore = hours.graceBeforeMinutes * MINUTE_MS;
  const graceAfter = hours.graceAfterMinutes * MINUTE_MS;
  const days = new Map<number, OpenDay>();

  const planOf = (day: number): { kind: DayKind; name: string | null; spans: readonly ClockSpan[] } => {
    const exception = exceptions.get(day);
    if (exception) return { kind: 'exception', name: exception.name, spans: clockSpans(exception.spans) };
    const holiday = holidays.on(day);
    if (holiday?.isOff) return { kind: 'holiday', name: holiday.name, spans: [] };
    if (holiday) return { kind: 'makeUp', name: holiday.name, spans: makeUp };
    return { kind: 'week', name: null, spans: weekly[weekdayOf(day)] ?? [] };
  };

  const openDay = (day: number): OpenDay => {
    let known = days.get(day);
    if (!known) {
      const { kind, name, spans } = planOf(day);
      const isProvisional = kind !== 'exception' && holidays.isProvisional(day);
      known = { spans: momentsOf(spans, day, calendar, zoned), kind, name, isProvisional };
      if (days.size >= DAYS_KEPT) days.clear();
      days.set(day, known);
    }
    return known;
  };
  const openSpanAt = (atMs: number): OpenSpan | undefined => {
    const day = calendar.dayOf(atMs);
    // Grace reaches over midnight, and a day that never was has none.
    for (const near of [day, day - 1, day + 1])
      for (const { from, to } of openDay(near).spans)
        if (atMs >= from - graceBefore && atMs < to + graceAfter)
          return { from: from - graceBefore, to: to + graceAfter };
    return undefined;
  };
  /** Votes come in the order of time, or nearly. */
  let current: OpenSpan = { from: 0, to: 0 };

  return {
    openDay,
    openSpansOf: (day) => openDay(day).spans,
    openSince: (atMs) => openSpanAt(atMs)?.from ?? null,
    isOpen(atMs) {
      if (atMs >= current.from && atMs < current.to) return true;
      const found = openSpanAt(atMs);
      if (found) current = found;
      return found !== undefined;
    },
  };
}

/** Monday is 0; 1970-01-01 was a Thursday. */
function weekdayOf(day: number): number {
  return (((day + 3) % 7) + 7) % 7;
}

function clockSpans(spans: readonly HoursSpan[]): ClockSpan[] {
  return spans
    .map(({ from, to }) => ({ from: readClockTime(from) ?? 0, to: readClockTime(to) ?? 0 }))
    .sort((a, b) => a.from - b.from);
}
