/**
 * Places of many nodes by the rate, kept in order: where few of them have other votes than before, these alone are given other limits and
 * put where they belong, and places are counted along the orders. What comes of it is what `rankByRate` gives.
 */
import type { Place } from '../../../protocol/score.ts';
import { exactLimits } from './exact-limits.ts';
import { countBelow } from './sorted.ts';

/** Of each node: how many of its votes are good, then how many are not. */
export type GoodAndBad = Float64Array;

export type KeptRanksOptions = {
  minimum: number;
  confidence: number;
  limitsOf?: typeof exactLimits;
};

export type KeptRanks = {
  /** How many have a sufficient sample. */
  ranked: number;
  /** Null where the sample is insufficient; of a node that has the same place as before it is the same object. */
  places: readonly (Place | null)[];
  /** Of the same nodes with these votes. */
  next(votes: GoodAndBad): KeptRanks;
};

/** Beyond this part of all, putting others in order one by one costs more than putting all. */
const FEW = 1 / 8;

type State = {
  votes: GoodAndBad;
  ranked: number;
  rates: Keys;
  lowers: Keys;
  uppers: Keys;
  places: readonly (Place | null)[];
};
/** `values` of each node; `order`: the ranked nodes, the lowest value first. */
type Keys = { values: Float64Array; order: Int32Array };

/** How many have a sufficient sample. */
export function rankedIn(votes: GoodAndBad, minimum: number): number {
  let ranked = 0;
  for (let node = 0; 2 * node < votes.length; node++) if (isRanked(votes, node, minimum)) ranked += 1;
  return ranked;
}

export function rankKept(votes: GoodAndBad, options: KeptRanksOptions): KeptRanks {
  return keep(make(votes, options, null), options);
}

function keep(state: State, options: KeptRanksOptions): KeptRanks {
  const { ranked, places } = state;
  return { ranked, places, next: (votes) => keep(make(votes, options, state), options) };
}

function isRanked(votes: GoodAndBad, node: number, minimum: number): boolean {
  const all = (votes[2 * node] as number) + (votes[2 * node + 1] as number);
  return all >= minimum && all > 0;
}

function make(votes: GoodAndBad, options: KeptRanksOptions, before: State | null): State {
  const { minimum, confidence, limitsOf = exactLimits } = options;
  const nodes = votes.length / 2;
  const isIn = new Uint8Array(nodes);
  let ranked = 0;
  for (let node = 0; node < nodes; node++) {
    if (!isRanked(votes, node, minimum)) continue;
    isIn[node] = 1;
    ranked += 1;
  }
  // The limits hold all together: with as many nodes each has its share of the level, with more or fewer another one.
  const known = before?.ranked === ranked && before.votes.length === votes.length ? before : null;
  const isOther = new Uint8Array(nodes);
  const others: number[] = [];
  for (let node = 0; node < nodes; node++) {
    const isSame =
      known && known.votes[2 * node] === votes[2 * node] && known.votes[2 * node + 1] === votes[2 * node + 1];
    if (isSame) continue;
    isOther[node] = 1;
    others.push(node);
  }
  if (known && others.length === 0) return known;
  const valuesOf = (keys: Keys | undefined) => keys?.values.slice() ?? new Float64Array(nodes);
  const [rates, lowers, uppers] = [valuesOf(known?.rates), valuesOf(known?.lowers), valuesOf(known?.uppers)];
  const level = (1 - confidence) / ranked / 2;
  for (const node of others) {
    if (isIn[node] === 0) continue;
    const good = votes[2 * node] as number;
    const all = good + (votes[2 * node + 1] as number);
    const { lower, upper } = limitsOf(good, all, level);
    rates[node] = good / all;
    lowers[node] = lower;
    uppers[node] = upper;
  }
  const inOrder = (values: Float64Array, keys: Keys | undefined): Keys => {
    const isFew = keys && others.length <= FEW * nodes;
    const moving = others.filter((node) => isIn[node] === 1);
    return {
      values,
      order: isFew ? moved(keys.order, values, isOther, moving) : sorted(values, isIn, ranked),
    };
  };
  const state: State = {
    ...{ votes, ranked },
    rates: inOrder(rates, known?.rates),
    lowers: inOrder(lowers, known?.lowers),
    uppers: inOrder(uppers, known?.uppers),
    places: [],
  };
  return { ...state, places: placesIn(state, known?.places ?? []) };
}

/** By the values' own order, and each node's place among them: nothing is called to compare two. */
function sorted(values: Float64Array, isIn: Uint8Array, ranked: number): Int32Array {
  const own = new Float64Array(ranked);
  let at = 0;
  for (let node = 0; node < values.length; node++) {
    if (isIn[node] === 0) continue;
    own[at] = values[node] as number;
    at += 1;
  }
  own.sort();
  const order = new Int32Array(ranked);
  /** Of the value that begins there. */
  const taken = new Int32Array(ranked);
  for (let node = 0; node < values.length; node++) {
    if (isIn[node] === 0) continue;
    const first = countBelow(own, values[node] as number);
    order[first + (taken[first] as number)] = node;
    taken[first] = (taken[first] as number) + 1;
  }
  return order;
}

/** All that are not `moving` are as they were; nodes that no longer are in it are of those that are other. */
function moved(order: Int32Array, values: Float64Array, isOther: Uint8Array, moving: number[]): Int32Array {
  const valueAt = (node: number | undefined) => values[node as number] as number;
  moving.sort((a, b) => valueAt(a) - valueAt(b));
  const next = new Int32Array(order.length);
  let [to, from] = [0, 0];
  for (const node of order) {
    if (isOther[node] === 1) continue;
    const value = valueAt(node);
    for (; from < moving.length && valueAt(moving[from]) < value; from++) next[to++] = moving[from] as number;
    next[to++] = node;
  }
  for (; from < moving.length; from++) next[to++] = moving[from] as number;
  return next;
}

/** Along the orders, from the best on for what is better, from the worst on for what is worse: see `rankSetsOfIntervals`. */
function placesIn({ votes, ranked, rates, lowers, uppers }: State, before: readonly (Place | null)[]) {
  const nodes = votes.length / 2;
  const [ranks, bests, worsts] = [new Int32Array(nodes), new Int32Array(nodes), new Int32Array(nodes)];
  for (let at = ranked - 1; at >= 0; at--) {
    const node = rates.order[at] as number;
    const above = rates.order[at + 1];
    const isEqual = above !== undefined && rates.values[above] === rates.values[node];
    ranks[node] = isEqual ? (ranks[above] as number) : ranked - at;
  }
  const lowerAt = (at: number) => lowers.values[lowers.order[at] as number] as number;
  const upperAt = (at: number) => uppers.values[uppers.order[at] as number] as number;
  for (let [at, better] = [ranked - 1, 0]; at >= 0; at--) {
    while (better < ranked && lowerAt(ranked - 1 - better) > upperAt(at)) better += 1;
    bests[uppers.order[at] as number] = 1 + better;
  }
  for (let [at, worse] = [0, 0]; at < ranked; at++) {
    while (worse < ranked && upperAt(worse) < lowerAt(at)) worse += 1;
    worsts[lowers.order[at] as number] = ranked - worse;
  }
  const places: (Place | null)[] = [];
  for (let node = 0; node < nodes; node++) {
    const rank = ranks[node] as number;
    if (rank === 0) {
      places.push(null);
      continue;
    }
    const [best, worst] = [bests[node] as number, worsts[node] as number];
    const known = before[node];
    const isSame =
      known && known.rank === rank && known.best === best && known.worst === worst && known.of === ranked;
    places.push(isSame ? known : { rank, best, worst, of: ranked });
  }
  return places;
}
