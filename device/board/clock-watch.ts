/** Tells people when the board's own clock and the gateway's time disagree: once a change, in the log and in the health report. */

import type { Log } from '../log.ts';
import type { DeviceClock } from './clock.ts';

export type ClockWatch = {
  /** Cheap; called whenever either clock was looked at. */
  look(): void;
};

/** So far apart from what was told that it is news. */
const NEWS_MS = 60_000;

export function createClockWatch(clock: DeviceClock, log: Log, changed: () => void): ClockWatch {
  let told: number | null = null;
  return {
    look() {
      const apartMs = clock.apartMs();
      if (told === null && apartMs === null) return;
      if (told !== null && apartMs !== null && Math.abs(apartMs - told) < NEWS_MS) return;
      told = apartMs;
      if (apartMs === null) log.info({}, "the board's clock and the gateway's agree again");
      else
        log.error(
          { code: 'clocks-disagree', apartMs, datedBy: clock.anchor().clock },
          "the board's synchronised clock and the gateway's time disagree: one of the two is wrong",
        );
      changed();
    },
  };
}
