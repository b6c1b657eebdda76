/** Places by the figures themselves, the greatest first; equal figures share one. */

/** 1, 2, 2, 4: equals have the best place of theirs. */
export function competitionRanks(values: readonly number[]): number[] {
  return placesOf(values, (first) => first);
}

/** 1, 2.5, 2.5, 4: equals have the middle of their places. */
export function midRanks(values: readonly number[]): number[] {
  return placesOf(values, (first, last) => (first + last) / 2);
}

function placesOf(values: readonly number[], placeOf: (first: number, last: number) => number): number[] {
  const order = values.map((_value, at) => at).sort((a, b) => (values[b] as number) - (values[a] as number));
  const places = new Array<number>(values.length);
  for (let first = 0; first < order.length; ) {
    const value = values[order[first] as number];
    let last = first;
    while (last + 1 < order.length && values[order[last + 1] as number] === value) last += 1;
    for (let at = first; at <= last; at++) places[order[at] as number] = placeOf(first + 1, last + 1);
    first = last + 1;
  }
  return places;
}
