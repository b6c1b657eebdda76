/** Sums of windows, added up for every unit above them. */
import type { Places } from './places.ts';
import type { Ratings, WindowSum } from './sums.ts';

/** In the columns of `history` beside `span`. */
export type UnitSum = {
  unitKey: number;
  quarter: number;
  channel: number;
  part: number;
  counts: [number, number, number];
};

type Summed = Omit<UnitSum, 'counts'> & { counts: Ratings };

/** One for each unit, quarter of an hour, channel and part; by unit and quarter, ascending. */
export function sumUp(sums: Iterable<Summed>): UnitSum[] {
  const all = new Map<string, UnitSum>();
  for (const { counts, ...of } of sums) {
    const name = `${of.unitKey}/${of.quarter}/${of.channel}/${of.part}`;
    let sum = all.get(name);
    if (!sum) {
      sum = { ...of, counts: [0, 0, 0] };
      all.set(name, sum);
    }
    for (const rating of [0, 1, 2] as const) sum.counts[rating] += counts[rating];
  }
  return [...all.values()].sort((a, b) => a.unitKey - b.unitKey || a.quarter - b.quarter);
}

/** … above the windows. */
export function unitSums(sums: Iterable<WindowSum>, places: Places): UnitSum[] {
  return sumUp(aboveWindows(sums, places));
}

function* aboveWindows(sums: Iterable<WindowSum>, places: Places): Generator<Summed> {
  for (const { windowKey, quarter, channel, part, counts } of sums)
    for (const unitKey of places.unitsAbove(windowKey, quarter))
      yield { unitKey, quarter, channel, part, counts };
}
