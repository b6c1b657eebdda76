/** Spans of clock time on one local day, as the moments that they are: on days of 23 and 25 hours too, and on days that never were. */
import { type Calendar, MINUTE_MS, QUARTER_MS } from '../calendar.ts';

/** Minutes since local midnight, `to` not included, ascending. */
export type ClockSpan = { from: number; to: number };
/** UTC milliseconds, `to` not included. */
export type OpenSpan = { readonly from: number; readonly to: number };

const DAY_MS = 24 * 60 * MINUTE_MS;

/**
 * Where clocks are set back, a span begins when its time comes first and ends when it comes last; where they are set ahead, what is
 * skipped begins and ends when they are. In doubt it is open.
 */
export function momentsOf(
  spans: readonly ClockSpan[],
  day: number,
  calendar: Calendar,
  zoned: (atMs: number) => string,
): OpenSpan[] {
  const start = calendar.startOf(day);
  const end = calendar.startOf(day + 1);
  if (end === start) return [];
  const clockAt = (atMs: number) => {
    const text = zoned(atMs);
    return Number(text.slice(11, 13)) * 60 + Number(text.slice(14, 16));
  };
  // A day with a change of clocks that is 24 hours long would have two of them.
  if (end - start === DAY_MS && clockAt(start) === 0)
    return spans.map(({ from, to }) => ({ from: start + from * MINUTE_MS, to: start + to * MINUTE_MS }));
  const quarters: { at: number; clock: number }[] = [];
  for (let at = start; at < end; at += QUARTER_MS) quarters.push({ at, clock: clockAt(at) });
  const moments = spans.flatMap((span) => {
    const first = quarters.find(({ clock }) => clock + 15 > span.from);
    const last = quarters.findLast(({ clock }) => clock < span.to);
    if (!first || !last) return [];
    const from = first.at + Math.max(0, span.from - first.clock) * MINUTE_MS;
    const to = last.at + Math.min(15, span.to - last.clock) * MINUTE_MS;
    return to > from ? [{ from, to }] : [];
  });
  return joined(moments);
}

/** In the hour that comes twice, spans that follow each other overlap. */
function joined(spans: readonly OpenSpan[]): OpenSpan[] {
  const whole: { from: number; to: number }[] = [];
  for (const { from, to } of spans) {
    const last = whole.at(-1);
    if (last && from < last.to) last.to = Math.max(last.to, to);
    else whole.push({ from, to });
  }
  return whole;
}
