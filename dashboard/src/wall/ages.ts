import type { Messages } from './messages.ts';
import { formatSince } from './times.ts';

/** How long ago `at` was; from an hour on, the time itself. A vote from the future (clock skew) is from now. */
export function formatAge(at: number, now: number, text: Messages, timeZone: string, day: string): string {
  const seconds = Math.floor((now - at) / 1000);
  if (seconds < 3) return text.justNow;
  if (seconds < 60) return text.secondsAgo(seconds);
  if (seconds < 3600) return text.minutesAgo(Math.floor(seconds / 60));
  return formatSince(at, timeZone, day);
}
