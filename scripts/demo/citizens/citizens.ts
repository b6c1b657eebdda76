/**
 * Citizens who come to the windows, one after the other, and press a button. A counter has one of them at a time, and the next one only
 * some seconds later, as long as there are others to go to: more votes a second than that, and they press as no citizens do.
 */
import type { Log } from '../../../device/log.ts';
import type { Rating } from '../../../protocol/vote.ts';
import { busyness, swell } from './day-rhythm.ts';
import { WINDOWS } from './district.ts';
import { between, PRESSES_A_VISIT, visitOf } from './visits.ts';

/** Between the last press of one citizen and the first of the next: longer than what is too soon, no burst, and not as regular as what sticks. */
const NEXT_CITIZEN_MS = { least: 5_500, most: 10_500 };
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
    freeAtMs: 0,
  }));
  let timer: NodeJS.Timeout | undefined;
  /** Presses of those who are at a counter. */
  const later = new Set<NodeJS.Timeout>();

  const press = (terminal: CitizensOptions['terminals'][number], rating: Rating) => {
    try {
      terminal.press(rating);
    } catch (error) {
      log.error({ terminal: terminal.id, err: String(error) }, 'a press was not taken');
    }
  };
  const visit = (nowMs: number) => {
    const free = counters.filter(({ freeAtMs }) => freeAtMs <= nowMs);
    const counter = pick(
      free.length > 0 ? free : counters,
      random,
      ({ serviceWindow: { visitors, unit } }) => {
        return visitors * busyness(nowMs, unit.shiftMinutes);
      },
    );
    if (counter === undefined) return;
    for (const { rating, afterMs } of visitOf(counter.serviceWindow, random)) {
      counter.freeAtMs = nowMs + afterMs + between(NEXT_CITIZEN_MS.least, NEXT_CITIZEN_MS.most, random);
      if (afterMs === 0) press(counter.terminal, rating);
      else {
        const one = setTimeout(() => {
          later.delete(one);
          press(counter.terminal, rating);
        }, afterMs);
        later.add(one);
      }
    }
  };

  const visits = rate / PRESSES_A_VISIT;
  const run = () => {
    let nextMs = Date.now();
    const step = () => {
      const nowMs = Date.now();
      nextMs = Math.max(nextMs, nowMs - MAX_BEHIND_MS);
      while (nextMs <= nowMs) {
        visit(nowMs);
        nextMs += pauseMs(visits * swell(nowMs), random);
      }
      timer = setTimeout(step, nextMs - nowMs);
    };
    nextMs += pauseMs(visits, random);
    step();
  };

  if (rate > 0 && terminals.length > 0) run();
  return () => {
    clearTimeout(timer);
    for (const one of later) clearTimeout(one);
  };
}

/** Until the next citizen: independent arrivals at `perSecond` (exponential). */
function pauseMs(perSecond: number, random: () => number): number {
  return (-Math.log(1 - random()) / perSecond) * 1000;
}

function pick<T>(items: T[], random: () => number, weightOf: (item: T) => number): T | undefined {
  const weights = items.map(weightOf);
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
  return items.find((_item, at) => {
    left -= weights[at]!;
    return left < 0;
  });
}
