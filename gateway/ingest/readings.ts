/**
 * Both clocks of a terminal at one moment, as its hello tells them: by the monotonic one the gateway dates presses of the same
 * boot itself, whatever either wall clock says; by the other it sees whether the two wall clocks agree.
 */
import type { Hello } from '../../protocol/hello.ts';
import { CLOCK_TOLERANCE_MS } from '../domain/vote-time.ts';

export type Reading = { byMonotonic: number | null; isClockApart: boolean };

export type Readings = {
  /** @returns the terminal's clock minus the gateway's, milliseconds, if they disagree and the terminal trusts its own; else null. */
  take(terminalKey: number, hello: Pick<Hello, 'boot' | 'mono' | 'time' | 'clock'>): number | null;
  /** Do its wall clock and the gateway's disagree? */
  isApart(terminalKey: number): boolean;
  /** Of a press. */
  of(terminalKey: number, press: { boot: string; mono: number }): Reading;
};

type Told = { boot: string; mono: number; monotonicAt: number; isClockApart: boolean };

const NONE: Reading = { byMonotonic: null, isClockApart: false };

export function createReadings(now: () => number, monotonic: () => number): Readings {
  const told = new Map<number, Told>();
  return {
    take(terminalKey, { boot, mono, time, clock }) {
      const apartMs = time === undefined ? 0 : time - now();
      const isClockApart = Math.abs(apartMs) > CLOCK_TOLERANCE_MS;
      if (mono === undefined) told.delete(terminalKey);
      else told.set(terminalKey, { boot, mono, monotonicAt: monotonic(), isClockApart });
      return isClockApart && clock === 'ntp' ? apartMs : null;
    },
    isApart: (terminalKey) => told.get(terminalKey)?.isClockApart ?? false,
    of(terminalKey, press) {
      const reading = told.get(terminalKey);
      if (reading?.boot !== press.boot) return NONE;
      const sinceMs = monotonic() - reading.monotonicAt - (press.mono - reading.mono);
      return { byMonotonic: Math.round(now() - sinceMs), isClockApart: reading.isClockApart };
    },
  };
}
