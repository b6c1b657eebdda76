/**
 * In simulated cities, where the true rates are known: every node's set holds its true place, all at once, in at least 95 of 100. The
 * cities are drawn from fixed seeds: the same ones each time.
 */
import { describe, expect, it } from 'vitest';
import { DEFAULT_WEIGHTS } from '../../gateway/domain/score.ts';
import { canBeAmongBest, rankSetsOfIntervals } from '../../gateway/domain/statistics/rank-sets.ts';
import { type Placing, rankByIndex, rankByRate } from '../../gateway/domain/statistics/ranks.ts';
import { shareOf } from '../../gateway/domain/statistics/share.ts';
import { votesIn } from '../../gateway/domain/tally.ts';
import type { Counts } from '../../protocol/vote.ts';
import { drawFrom, type Mind, truePlaces, voteBy } from '../support/simulated-city.ts';

type City = {
  name: string;
  nodes: number;
  mind: (draw: () => number) => Mind;
  votes: (draw: () => number) => number;
};

const rateOf = ({ satisfied, basically }: Mind) => satisfied + basically;
const indexOf = ({ satisfied, basically }: Mind) =>
  satisfied * DEFAULT_WEIGHTS.satisfied + basically * DEFAULT_WEIGHTS.basically;
const between = (draw: () => number, from: number, to: number) => from + Math.floor(draw() * (to - from + 1));

/** In how many of the cities everything held, and how wide the sets were, as a part of all places. */
function simulate(
  { nodes, mind, votes }: City,
  cities: number,
  figure: (mind: Mind) => number,
  rank: (counts: readonly Counts[]) => Placing[],
): { held: number; heldBest: number; width: number } {
  let [held, heldBest, width] = [0, 0, 0];
  for (let seed = 1; seed <= cities; seed++) {
    const draw = drawFrom(seed);
    const minds = Array.from({ length: nodes }, () => mind(draw));
    const places = truePlaces(minds.map(figure));
    const sets = rank(minds.map((one) => voteBy(one, votes(draw), draw))).map(({ set }) => set);
    const holds = sets.every((set, at) => {
      const place = places[at];
      width += set === null ? 0 : (set.worst - set.best) / nodes / nodes / cities;
      return set !== null && place !== undefined && set.best <= place.best && set.worst >= place.worst;
    });
    const best = canBeAmongBest(sets, 3);
    if (holds) held += 1;
    if (places.every((place, at) => place.best > 3 || best[at])) heldBest += 1;
  }
  return { held, heldBest, width };
}

/** Nobody is better than anybody, so everything that is told apart is wrong; and near 100 % chance is at its most lopsided. */
const alike: City = {
  name: 'all alike at 98 %, of ten votes and of thousands',
  nodes: 60,
  mind: () => ({ satisfied: 0.9, basically: 0.08 }),
  votes: (draw) => (draw() < 0.8 ? between(draw, 10, 40) : between(draw, 2_000, 5_000)),
};
const counties: City = {
  name: 'counties that differ, with thousands of votes',
  nodes: 12,
  mind: (draw) => {
    const good = 0.85 + 0.13 * draw();
    const middle = 0.1 * draw();
    return { satisfied: good - middle, basically: middle };
  },
  votes: (draw) => between(draw, 500, 8_000),
};
const townships: City = {
  name: 'townships, some of them alike, with few votes and many',
  nodes: 60,
  mind: (draw) => {
    const good = 0.7 + 0.05 * between(draw, 0, 5);
    return { satisfied: good - 0.05, basically: 0.05 };
  },
  votes: (draw) => Math.round(10 * 300 ** draw()),
};

describe.each([alike, counties, townships])('$name', (city) => {
  const cities = 200;

  it('by the rate', () => {
    const { held, heldBest, width } = simulate(city, cities, rateOf, (counts) =>
      rankByRate(counts, { minimum: 5 }),
    );
    expect(held).toBeGreaterThanOrEqual(0.95 * cities);
    expect(heldBest).toBeGreaterThanOrEqual(0.95 * cities);
    // And something is said: the counties are told apart.
    expect(width).toBeLessThan(city === counties ? 0.3 : 1);
  });

  it('by the index', () => {
    const { held, heldBest, width } = simulate(city, cities, indexOf, (counts) =>
      rankByIndex(counts, DEFAULT_WEIGHTS, { minimum: 5 }),
    );
    expect(held).toBeGreaterThanOrEqual(0.95 * cities);
    expect(heldBest).toBeGreaterThanOrEqual(0.95 * cities);
    expect(width).toBeLessThan(city === counties ? 0.4 : 1);
  });
});

describe('a whole city of 6,231 windows', () => {
  const windows: City = {
    name: 'windows that differ widely, with 20 to 2,000 votes each',
    nodes: 6_231,
    mind: (draw) => {
      const good = 0.6 + 0.39 * draw();
      return { satisfied: good - 0.03, basically: 0.03 };
    },
    votes: (draw) => Math.round(20 * 100 ** draw()),
  };
  const cities = 20;

  it('by the rate', () => {
    const { held, heldBest, width } = simulate(windows, cities, rateOf, (counts) =>
      rankByRate(counts, { minimum: 5 }),
    );
    expect(held).toBeGreaterThanOrEqual(0.95 * cities);
    expect(heldBest).toBeGreaterThanOrEqual(0.95 * cities);
    expect(width).toBeLessThan(0.95);
  });

  it('by the index', () => {
    const { held, width } = simulate(windows, cities, indexOf, (counts) =>
      rankByIndex(counts, DEFAULT_WEIGHTS, { minimum: 5 }),
    );
    expect(held).toBeGreaterThanOrEqual(0.95 * cities);
    expect(width).toBeLessThan(0.97);
  });
});

it('approximate intervals do not hold where nobody is better than anybody', () => {
  const cities = 200;
  const { held } = simulate(alike, cities, rateOf, (counts) =>
    rankSetsOfIntervals(
      counts.map((one) => shareOf(one.satisfied + one.basically, votesIn(one), 1 - 0.05 / counts.length)),
    ).map((set) => ({ rank: 1, set })),
  );
  expect(held).toBeLessThan(0.95 * cities);
});
