import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { orderPlaces } from '../../../dashboard/src/order/ranking.ts';
import { findRoot, orderWindows } from '../../../dashboard/src/order/tree.ts';
import { orderUrgent } from '../../../dashboard/src/order/urgent.ts';
import { layOutGrid, pageOf, spanTiles } from '../../../dashboard/src/paging/grid-layout.ts';
import { createPager, HOLD_MS, TURN_MS } from '../../../dashboard/src/paging/pager.ts';

it('orders units by the rank that they are given, those without one last, equals as they came', () => {
  const placed = ([unitId, rank]: [string, number | null]) => ({
    unitId,
    place: rank === null ? null : { rank, best: 1, worst: 4, of: 4 },
  });
  const places = (
    [
      ['lucky', null],
      ['c', 3],
      ['a', 1],
      ['none', null],
      ['d', 3],
      ['b', 2],
    ] as [string, number | null][]
  ).map(placed);
  expect(orderPlaces(places).map(({ unitId }) => unitId)).toEqual(['a', 'b', 'c', 'd', 'lucky', 'none']);
});

describe('the tree', () => {
  const node = (id: string, parentId: string | null) => ({ id, parentId });

  it('has a top', () => {
    expect(findRoot([node('city', null), node('only', 'city')])).toBe('city');
    expect(findRoot([])).toBeNull();
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
