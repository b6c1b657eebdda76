/** Times of a zone in words that say which: 2026-10-16T09:30:00.123+08:00 (ISO 8601). */
import { QUARTER_MS } from './calendar.ts';

const CACHE_LIMIT = 20_000;

const known = new Map<string, boolean>();

/** Does the runtime know this zone? Another gateway's may know newer ones. */
export function isKnownZone(timeZone: string): boolean {
  let answer = known.get(timeZone);
  if (answer === undefined) {
    try {
      answer = Boolean(new Intl.DateTimeFormat('en-US', { timeZone }));
    } catch {
      answer = false;
    }
    known.set(timeZone, answer);
  }
  return answer;
}

/** @throws RangeError when the runtime does not know the zone. */
export function createZonedTime(timeZone: string): (atMs: number) => string {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
  /** An offset holds for a quarter of an hour: see calendar.ts. */
  const offsets = new Map<number, string>();
  const offsetAt = (atMs: number): string => {
    const quarter = Math.floor(atMs / QUARTER_MS);
    const known = offsets.get(quarter);
    if (known !== undefined) return known;
    const said = format
      .formatToParts(quarter * QUARTER_MS)
      .find(({ type }) => type === 'timeZoneName')?.value;
    // "GMT" alone is an offset of none; seconds were last used in 1972.
    const [offset = '+00:00'] = /[+-]\d\d:\d\d/.exec(said ?? '') ?? [];
    if (offsets.size >= CACHE_LIMIT) offsets.clear();
    offsets.set(quarter, offset);
    return offset;
  };
  return (atMs) => {
    const offset = offsetAt(atMs);
    const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4));
    const local = atMs + (offset.startsWith('-') ? -minutes : minutes) * 60_000;
    return new Date(local).toISOString().replace('Z', offset);
  };
}
