/** What is written on the command line, read and bounded. */
import { InvalidArgumentError } from 'commander';

/** A moment with its zone (2026-11-25T09:00:00+08:00, …Z), or milliseconds since 1970. @returns milliseconds. */
export function checkTime(text: string): number {
  const milliseconds = /^\d{12,15}$/.test(text) ? Number(text) : Number.NaN;
  const zoned = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/i.test(text);
  const at = zoned ? Date.parse(text) : milliseconds;
  if (!Number.isFinite(at))
    throw new InvalidArgumentError('a time with its zone, e.g. 2026-11-25T09:00:00+08:00');
  return at;
}
