/** A person at a desk reads times in the zone of that desk, which is the browser's. */
export function formatMoment(at: number, locale: string): string {
  return new Intl.DateTimeFormat(locale, {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(at);
}

type AgeWords = { locale: string; justNow: string; minutesAgo(minutes: number): string };

/** `now`, `12 min ago`, from an hour on the moment itself. A future moment (clock skew) is from now. */
export function formatLastUsed(at: number, now: number, text: AgeWords): string {
  const minutes = Math.floor((now - at) / 60_000);
  if (minutes < 1) return text.justNow;
  return minutes < 60 ? text.minutesAgo(minutes) : formatMoment(at, text.locale);
}
