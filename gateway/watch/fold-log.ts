/** Tells how far the past of a large database has been summed up: it takes minutes, and reading it is slower until then. */
import type { Logger } from 'pino';
import type { Folded } from '../store/history.ts';

/** What is less is done in a moment. */
const BEHIND_MS = 24 * 3_600_000;
const EVERY_MS = 10_000;

export function createFoldLog(log: Pick<Logger, 'info'>, monotonic: () => number): (folded: Folded) => void {
  let toldAt: number | null = null;
  return ({ until, target, rows }) => {
    const at = { until: new Date(until).toISOString(), target: new Date(target).toISOString() };
    if (target - until > BEHIND_MS) {
      // Where there is nothing yet, as before the first vote, it goes on in large steps and says nothing.
      if (rows === 0 || (toldAt !== null && monotonic() - toldAt < EVERY_MS)) return;
      toldAt = monotonic();
      log.info(at, 'sums of the past are being made for every unit');
    } else if (toldAt !== null) {
      toldAt = null;
      log.info(at, 'sums of the past are made for every unit');
    }
  };
}
