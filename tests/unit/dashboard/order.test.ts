import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankUnits } from '../../../dashboard/src/order/ranking.ts';
import { comparableUnits, findRoot, orderWindows } from '../../../dashboard/src/order/tree.ts';
import { orderUrgent } from '../../../dashboard/src/order/urgent.ts';
import { layOutGrid, pageOf, spanTiles } from '../../../dashboard/src/paging/grid-layout.ts';
import { createPager, HOLD_MS, TURN_MS } from '../../../dashboard/src/paging/pager.ts';

const unit = (id: string, votes: number, satisfied: number) => ({
  id,
  votes,
  rate: votes > 0 ? satisfied / votes : null,
});

describe('the ranking', () => {
  it('goes by rate, then by votes; equals share a rank', () => {
    const ranked = rankUnits([
      unit('c', 100, 90),
      unit('a', 100, 95),
      unit('d', 100, 90),
      unit('b', 200, 180),
      unit('e', 20, 10),
    ]);
    expect(ranked.map(({ id, rank }) => `${rank} ${id}`)).toEqual(['1 a', '2 b', '3 c', '3 d', '5 e']);
  });

  it('gives no number to a lucky 100 % of a handful', () => {
    const ranked = rankUnits([unit('lucky', 9, 9), unit('none', 0, 0), unit('steady', 10, 5)]);
    expect(ranked).toEqual([
      { id: 'steady', rank: 1 },
      { id: 'lucky', rank: null },
      { id: 'none', rank: null },
    ]);
  });

  it('names every unit once, and never ranks a lower rate higher', () => {
    const units = fc.uniqueArray(
      fc.record({ id: fc.string(), votes: fc.nat(40), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
      { selector: ({ id }) => id },
    );
    fc.assert(
      fc.property(units, (drawn) => {
        const rows = drawn.map(({ id, votes, part }) => unit(id, votes, Math.floor(votes * part)));
        const ranked = rankUnits(rows);
        expect(ranked.map(({ id }) => id).sort()).toEqual(rows.map(({ id }) => id).sort());
        const rateOf = new Map(rows.map((row) => [row.id, row.rate ?? -1]));
        const numbered = ranked.filter(({ rank }) => rank !== null);
        for (const [position, { id, rank }] of numbered.entries()) {
          expect(rank).toBeLessThanOrEqual(position + 1);
          const next = numbered[position + 1];
          if (next) expect(rateOf.get(id)).toBeGreaterThanOrEqual(rateOf.get(next.id) ?? 2);
        }
      }),
    );
  });
});

describe('the tree', () => {
  const node = (id: string, parentId: string | null) => ({ id, parentId });

  it('compares the first generation that has more than one member', () => {
    const units = [node('city', null), node('only', 'city'), node('north', 'only'), node('south', 'only')];
    expect(findRoot(units)).toBe('city');
    expect(comparableUnits(units, [node('w', 'north')])).toEqual(['north', 'south']);
  });

  it('compares what holds windows where there is no such generation', () => {
    expect(comparableUnits([node('hall', null)], [node('w', 'hall')])).toEqual(['hall']);
    expect(comparableUnits([], [])).toEqual([]);
  });

  it('orders windows hall by hall', () => {
    const units = [node('city', null), node('north', 'city'), node('south', 'city')];
    const windows = [node('s1', 'south'), node('n1', 'north'), node('n2', 'north'), node('x', 'gone')];
    expect(orderWindows(units, windows)).toEqual(['n1', 'n2', 's1', 'x']);
  });
});

it('shows the most urgent first, equals in their places, and nobody who needs nothing', () => {
  const rows = [3, 0, 400, 3, 200].map((attention, at) => ({ id: `w${at}`, attention }));
  expect(orderUrgent(rows)).toEqual(['w2', 'w4', 'w0', 'w3']);
});

describe('the grid', () => {
  /** The area that a 1920 × 1080 wall leaves for windows, in rem. */
  const width = 82.3;
  const height = 42.4;

  it.each([
    [1, 'vast', 1],
    [3, 'vast', 1],
    [12, 'grand', 1],
    [24, 'roomy', 1],
    [60, 'compact', 1],
    [300, 'compact', 5],
  ])('lays out %d windows as %s tiles on %d page(s)', (count, density, pages) => {
    expect(layOutGrid(width, height, count)).toMatchObject({ density, pages });
  });

  it('always has a place for every window', () => {
    fc.assert(
      fc.property(
        fc.nat(2_000),
        fc.double({ min: 0, max: 300, noNaN: true }),
        fc.double({ min: 0, max: 150, noNaN: true }),
        (count, widthRem, heightRem) => {
          const { columns, rows, pages, perPage } = layOutGrid(widthRem, heightRem, count);
          expect(columns * rows).toBeGreaterThanOrEqual(perPage);
          const ids = Array.from({ length: count }, (_, id) => id);
          expect(Array.from({ length: pages }, (_, page) => pageOf(ids, page, perPage)).flat()).toEqual(ids);
        },
      ),
    );
  });
});

describe('a few windows', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 10, 13])('%d of them leave nothing of the room empty', (count) => {
    const { columns, rows, perPage } = layOutGrid(82.3, 42.4, count);
    const { tracks, spanOf } = spanTiles(columns, perPage);
    const taken = Array.from({ length: count }, (_, position) => spanOf(position));
    expect(taken.reduce((sum, span) => sum + span, 0)).toBe(tracks * rows);
    // Each row is full by itself: no tile hangs over its end.
    let inRow = 0;
    for (const span of taken) {
      inRow += span;
      expect(inRow).toBeLessThanOrEqual(tracks);
      if (inRow === tracks) inRow = 0;
    }
  });

  it('a last row that is nearly empty is not stretched over the whole width', () => {
    expect(spanTiles(10, 61)).toMatchObject({ tracks: 10 });
    expect(spanTiles(10, 61).spanOf(60)).toBe(1);
    expect(spanTiles(3, 0).tracks).toBe(3);
  });
});

describe('the pager', () => {
  /** Timers that pass when they are told to. */
  const create = () => {
    let due: { then: () => void; ms: number } | null = null;
    const pager = createPager((then, ms) => {
      const own = { then, ms };
      due = own;
      return () => {
        if (due === own) due = null;
      };
    });
    const passTime = () => {
      const { then, ms } = due as { then: () => void; ms: number };
      due = null;
      then();
      return ms;
    };
    return { pager, passTime, waits: () => due !== null };
  };

  it('goes round by itself and by hand', () => {
    const { pager, passTime } = create();
    pager.setPages(3);
    expect(passTime()).toBe(TURN_MS);
    expect(pager.page.value).toBe(1);
    pager.turn(-2);
    expect(pager.page.value).toBe(2);
    passTime();
    expect(pager.page.value).toBe(0);
  });

  it('stays while someone reads, says so, and goes on by itself when nothing moves any more', () => {
    const { pager, passTime } = create();
    pager.setPages(3);
    for (let moves = 0; moves < 50; moves += 1) pager.hold();
    expect(pager.held.value).toBe(true);
    expect(pager.page.value).toBe(0);
    expect(passTime()).toBe(HOLD_MS);
    expect([pager.held.value, pager.page.value]).toEqual([false, 1]);
    expect(passTime()).toBe(TURN_MS);
    expect(pager.page.value).toBe(2);
    pager.turn(1);
    expect([pager.held.value, pager.page.value]).toEqual([true, 0]);
  });

  it('begins anew with something else, and lets it be read', () => {
    const { pager, passTime } = create();
    pager.setPages(98);
    pager.turn(56);
    pager.first();
    expect([pager.page.value, pager.held.value]).toEqual([0, true]);
    expect(passTime()).toBe(HOLD_MS);
    expect(pager.page.value).toBe(1);
  });

  it('holds nothing where there is but one page', () => {
    const { pager, waits } = create();
    pager.hold();
    expect([pager.held.value, waits()]).toEqual([false, false]);
    pager.setPages(2);
    pager.hold();
    pager.setPages(1);
    expect([pager.held.value, waits()]).toEqual([false, false]);
  });

  it('never stands on a page that is gone', () => {
    const { pager } = create();
    pager.setPages(5);
    pager.turn(-1);
    pager.setPages(2);
    expect(pager.page.value).toBe(1);
    pager.setPages(1);
    expect(pager.page.value).toBe(0);
  });
});
