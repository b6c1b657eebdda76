/** Citizens who come to the windows, one after the other, and press a button. */
import type { Log } from '../../../device/log.ts';
import type { Rating } from '../../../protocol/vote.ts';
import { busyness, swell } from './day-rhythm.ts';
import { WINDOWS } from './district.ts';

/** After a pause of the whole process (a suspended laptop), what was missed is not made up for. */
const MAX_BEHIND_MS = 2_000;

export type CitizensOptions = {
  terminals: readonly { id: string; windowId: string; press(rating: Rating): void }[];
  /** Votes a second, all terminals together. */
  rate: number;
  random: () => number;
  log: Log;
};

/** @returns what sends them home */
export function startCitizens({ terminals, rate, random, log }: CitizensOptions): () => void {
  const counters = terminals.map((terminal) => ({
    terminal,
    serviceWindow: WINDOWS.find(({ id }) => id === terminal.windowId)!,
  }));
  let timer: NodeJS.Timeout | undefined;

  const press = (nowMs: number) => {
    const counter = pick(counters, random, ({ serviceWindow: { visitors, unit } }) => {
      return visitors * busyness(nowMs, unit.shiftMinutes);
    });
    if (counter === undefined) return;
    try {
      counter.terminal.press(ratingOf(counter.serviceWindow, random()));
    } catch (error) {
      log.error({ terminal: counter.terminal.id, err: String(error) }, 'a press was not taken');
    }
  };

  const run = () => {
    let nextMs = Date.now();
    const step = () => {
      const nowMs = Date.now();
      nextMs = Math.max(nextMs, nowMs - MAX_BEHIND_MS);
      while (nextMs <= nowMs) {
        press(nowMs);
        nextMs += pauseMs(rate * swell(nowMs), random);
      }
      timer = setTimeout(step, nextMs - nowMs);
    };
    nextMs += pauseMs(rate, random);
    step();
  };

  if (rate > 0 && terminals.length > 0) run();
  return () => clearTimeout(timer);
}

/** Until the next citizen: independent arrivals at `perSecond` (exponential). */
function pauseMs(perSecond: number, random: () => number): number {
  return (-Math.log(1 - random()) / perSecond) * 1000;
}

function ratingOf({ satisfied, basically }: { satisfied: number; basically: number }, at: number): Rating {
  if (at * 100 < satisfied) return 'satisfied';
  return at * 100 < satisfied + basically ? 'basically' : 'unsatisfied';
}

function pick<T>(items: T[], random: () => number, weightOf: (item: T) => number): T | undefined {
  const weights = items.map(weightOf);
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
  return items.find((_item, at) => {
    left -= weights[at]!;
    return left < 0;
  });
}
