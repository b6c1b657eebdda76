/** Whether a window was open, by its week, its exceptions and what notices say of holidays and make-up working days. */
import { DAY_MS, dayAfter, type LocalTime, MINUTE_MS, weekdayOf } from './local-time.ts';

type ClockSpan = { from: string; to: string };

export type Hours = {
  /** Seven, Monday first. */
  weekly: readonly (readonly ClockSpan[])[];
  jurisdiction: string | null;
  makeUp: readonly ClockSpan[] | null;
  exceptions: readonly { date: string; spans: readonly ClockSpan[] }[];
  graceBeforeMinutes: number;
  graceAfterMinutes: number;
};

/** Of a jurisdiction: which dates its notices name, and whether they are off. */
export type NoticesOf = (jurisdiction: string) => ReadonlyMap<string, { isOff: boolean }>;

/** Of the rules: days off and days that are worked. */
type LocalDays = Record<'holidays' | 'workdays', readonly { date: string }[]>;

type Span = { from: number; to: number };

export function createIsOpen(
  hours: Hours,
  { holidays, workdays }: LocalDays,
  local: LocalTime,
  noticesOf: NoticesOf,
): (atMs: number) => boolean {
  const notices = new Map([
    ...(hours.jurisdiction === null ? [] : noticesOf(hours.jurisdiction)),
    ...holidays.map(({ date }) => [date, { isOff: true }] as const),
    ...workdays.map(({ date }) => [date, { isOff: false }] as const),
  ]);
  const exceptions = new Map(hours.exceptions.map(({ date, spans }) => [date, spans]));
  const makeUp = hours.makeUp ?? hours.weekly.find((spans) => spans.length > 0) ?? [];

  /** An exception goes before a day that the rules name, that before a notice, a notice before the week. */
  const clockSpansOn = (date: string): readonly ClockSpan[] => {
    const exception = exceptions.get(date);
    if (exception) return exception;
    const notice = notices.get(date);
    if (notice) return notice.isOff ? [] : makeUp;
    return hours.weekly[weekdayOf(date)] ?? [];
  };
  /** With the grace before and after. */
  const days = new Map<string, readonly Span[]>();
  const openOn = (date: string): readonly Span[] => {
    let spans = days.get(date);
    if (!spans) {
      spans = momentsOf(clockSpansOn(date), date, local).map(({ from, to }) => ({
        from: from - hours.graceBeforeMinutes * MINUTE_MS,
        to: to + hours.graceAfterMinutes * MINUTE_MS,
      }));
      if (days.size > 1_000) days.clear();
      days.set(date, spans);
    }
    return spans;
  };
  return (atMs) => {
    const date = local.dateOf(atMs);
    // Grace reaches over midnight.
    return [date, dayAfter(date, -1), dayAfter(date)].some((near) =>
      openOn(near).some(({ from, to }) => atMs >= from && atMs < to),
    );
  };
}

const minutesOf = (clock: string) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

/**
 * From the first minute of the day whose clock is at the beginning or past it, to the last whose clock is before the end: where clocks
 * are set back, that is the longer of what it could mean, and what is skipped comes when it is skipped.
 */
function momentsOf(spans: readonly ClockSpan[], date: string, local: LocalTime): Span[] {
  const [start, end] = [local.startOf(date), local.startOf(dayAfter(date))];
  const midnight = Date.parse(`${date}T00:00:00Z`);
  const isPlain = end - start === DAY_MS && local.clockAt(start) === midnight;
  if (isPlain)
    return spans.map(({ from, to }) => ({
      from: start + minutesOf(from) * MINUTE_MS,
      to: start + minutesOf(to) * MINUTE_MS,
    }));
  const minutes: { at: number; clock: number }[] = [];
  for (let at = start; at < end; at += MINUTE_MS)
    minutes.push({ at, clock: Math.floor((local.clockAt(at) - midnight) / MINUTE_MS) });
  return spans.flatMap((span) => {
    const first = minutes.find(({ clock }) => clock >= minutesOf(span.from));
    const last = minutes.findLast(({ clock }) => clock < minutesOf(span.to));
    return first && last && last.at >= first.at ? [{ from: first.at, to: last.at + MINUTE_MS }] : [];
  });
}
