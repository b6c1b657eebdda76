import type { Period } from '../../protocol/score.ts';
import { type Calendar, MINUTE_MS } from './calendar.ts';

/** The span of press times that a period covers at `now`: `from` inclusive, `to` exclusive, UTC milliseconds. */
export function spanOf(period: Period, now: number, calendar: Calendar): { from: number; to: number } {
  const today = calendar.dayOf(now);
  const tomorrow = calendar.startOf(today + 1);
  switch (period) {
    case '60m': {
      const minute = Math.floor(now / MINUTE_MS);
      return { from: (minute - 59) * MINUTE_MS, to: (minute + 1) * MINUTE_MS };
    }
    case 'today':
      return { from: calendar.startOf(today), to: tomorrow };
    case '7d':
      return { from: calendar.startOf(today - 6), to: tomorrow };
    case 'month':
      return { from: calendar.startOf(calendar.monthStart(today)), to: tomorrow };
  }
}
