/** Times of day in the gateway's time zone: the wall may hang in a browser that is set to another. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(timeZone: string, locale: string, key: string, options: Intl.DateTimeFormatOptions) {
  const id = `${timeZone}|${locale}|${key}`;
  let known = formatters.get(id);
  if (known === undefined) {
    known = new Intl.DateTimeFormat(locale, { timeZone, hourCycle: 'h23', ...options });
    formatters.set(id, known);
  }
  return known;
}

/** `14:05` */
export function formatMinute(at: number, timeZone: string): string {
  return formatter(timeZone, 'en-GB', 'minute', { hour: '2-digit', minute: '2-digit' }).format(at);
}

/** `14:05:10` */
export function formatSecond(at: number, timeZone: string): string {
  const options = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const;
  return formatter(timeZone, 'en-GB', 'second', options).format(at);
}

/** `2026年11月22日 星期日`, `Sunday 22 November 2026` */
export function formatDate(at: number, timeZone: string, locale: string): string {
  const options = { year: 'numeric', month: 'long', day: 'numeric', weekday: 'long' } as const;
  return formatter(timeZone, locale, 'date', options).format(at);
}

/** `2026-11-22` in that time zone. */
export function formatDay(at: number, timeZone: string): string {
  const options = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
  return formatter(timeZone, 'en-CA', 'day', options).format(at);
}

/** `14:05` on the board's own day, `11-21 17:40` on another. */
export function formatSince(at: number, timeZone: string, day: string): string {
  const minute = formatMinute(at, timeZone);
  const own = formatDay(at, timeZone);
  return own === day ? minute : `${own.slice(5)} ${minute}`;
}
