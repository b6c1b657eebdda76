/** Places of many nodes beside each other: which units are compared, and who is told of which places. */
import { describe, expect, it } from 'vitest';
import { buildTree, comparedUnits } from '../../../gateway/domain/org.ts';
import { rankByRate } from '../../../gateway/domain/statistics/ranks.ts';
import { createPlaces } from '../../../gateway/live/places.ts';
import { createUnitPlaces } from '../../../gateway/live/unit-places.ts';
import type { Counts } from '../../../protocol/vote.ts';
import { FIGURES, figures } from '../../support/figures.ts';

const treeOf = (units: readonly (readonly [string, string | null])[], homes: readonly string[] = []) =>
  buildTree(
    units.map(([id, parentId], at) => ({ key: at + 1, id, parentId, name: id })),
    homes.map((unitId, at) => ({ key: at + 1, id: `w${at}`, unitId, name: unitId })),
    [],
  );
const good = (satisfied: number, unsatisfied: number): Counts => ({ satisfied, basically: 0, unsatisfied });

describe('the units that are compared', () => {
  const idsOf = (...of: Parameters<typeof treeOf>) => comparedUnits(treeOf(...of)).map(({ id }) => id);

  it('are the first generation that has more than one member', () => {
    const units = [
      ['city', null],
      ['only', 'city'],
      ['north', 'only'],
      ['south', 'only'],
      ['village', 'south'],
    ] as const;
    expect(idsOf(units, ['north', 'village'])).toEqual(['north', 'south']);
  });

  it('are those that hold windows where there is no such generation', () => {
    expect(idsOf([['hall', null]], ['hall'])).toEqual(['hall']);
    expect(idsOf([['hall', null]])).toEqual([]);
    expect(idsOf([])).toEqual([]);
  });
});

describe('places', () => {
  it('are those of the statistics, whatever is remembered of earlier votes', () => {
    const places = createPlaces(figures);
    const nodes = Array.from({ length: 260 }, (_, at) => good(40 + (at % 60), at % 7));
    for (let round = 0; round < 3; round++) {
      const found = places.of('all', nodes);
      const expected = rankByRate(nodes, FIGURES);
      expect(found.map((place) => place && { best: place.best, worst: place.worst })).toEqual(
        expected.map(({ set }) => set),
      );
      expect(found.map((place) => place?.rank ?? null)).toEqual(expected.map(({ rank }) => rank));
      expect(places.of('all', nodes)).toBe(found);
      nodes[round] = good(5, 60);
      nodes[100 + round] = good(3, 0);
    }
    expect(places.of('all', nodes)[102]).toBeNull();
    expect(places.of('few', [good(90, 10), good(20, 0)])).toEqual([
      { rank: 1, best: 1, worst: 1, of: 1 },
      null,
    ]);
  });

  it('are told when they have changed, and then to everybody', () => {
    const tree = treeOf([
      ['city', null],
      ['a', 'city'],
      ['b', 'city'],
    ]);
    const votes = new Map([
      ['a', good(100, 0)],
      ['b', good(90, 10)],
    ]);
    const units = createUnitPlaces({
      tree: () => tree,
      countsOf: ({ id }) => votes.get(id) as Counts,
      places: createPlaces(figures),
      group: 'live',
    });
    const ranks = (of: ReturnType<typeof units.all>) => of.map(({ unitId, place }) => [unitId, place?.rank]);
    expect(ranks(units.all())).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
    expect(units.changed()).toEqual([]);
    votes.set('a', good(100, 90));
    const turned = [
      ['a', 2],
      ['b', 1],
    ];
    // Somebody new sees them, and whoever was there before is told of them all the same.
    expect(ranks(units.all())).toEqual(turned);
    expect(ranks(units.changed())).toEqual(turned);
    expect(units.changed()).toEqual([]);
    votes.set('b', good(1, 0));
    units.forget();
    expect(ranks(units.all())).toEqual([
      ['a', 1],
      ['b', undefined],
    ]);
    expect(units.changed()).toEqual([]);
  });
});
