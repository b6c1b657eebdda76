/** Votes that are on their way for long, and what a person has said of them, over restarts; and what waits for a person. */
import { expect, it } from 'vitest';
import { createPendingWatch, findReviews } from '../../../gateway/alerts/standing-watch.ts';
import { buildTree } from '../../../gateway/domain/org.ts';

const MINUTE = 60_000;
const NOW = 1_795_000_000_000;
const tree = buildTree(
  [{ key: 1, id: 'hall', parentId: null, name: '大厅' }],
  [{ key: 1, id: 'w1', unitId: 'hall', name: '一号' }],
  [{ key: 1, id: 't-1', windowKey: 1, windowId: 'w1' }] as never,
);

it('stay settled over a restart until none have been on their way', () => {
  let pending = 3;
  const start = (at: number, settledAt?: number) =>
    createPendingWatch(
      {
        tree: () => tree,
        book: { ofWindow: () => ({ pending: { afterMinutes: 60, isUrgent: false } }) },
        completenessOf: () => ({ pending }),
      } as unknown as Parameters<typeof createPendingWatch>[0],
      at,
      () => settledAt,
    );
  const begins = (watch: ReturnType<typeof start>, at: number) =>
    watch(at).map(({ state, begin }) => (state === 'holds' ? begin : state));
  const first = start(NOW);
  expect(begins(first, NOW)).toEqual(['between']);
  expect(begins(first, NOW + 60 * MINUTE)).toEqual([NOW]);
  // Somebody closes it, and the gateway starts again: what begins no later than that is settled.
  const settled = NOW + 70 * MINUTE;
  const second = start(NOW + 80 * MINUTE, settled);
  expect(begins(second, NOW + 80 * MINUTE)).toEqual(['between']);
  expect(begins(second, NOW + 200 * MINUTE)).toEqual([settled]);
  pending = 0;
  expect(begins(second, NOW + 201 * MINUTE)).toEqual([]);
  pending = 1;
  expect(begins(second, NOW + 210 * MINUTE)).toEqual(['between']);
  expect(begins(second, NOW + 270 * MINUTE)).toEqual([NOW + 210 * MINUTE]);
});

it('is one alert a unit of what waits for a person, held votes and reviews, by what has waited longest', () => {
  const book = { ofUnit: () => ({ review: { afterMinutes: 60, isUrgent: false } }) };
  const deps = { tree: () => tree, book } as unknown as Parameters<typeof findReviews>[0];
  const held = (minutesAgo: number) => ({ terminalId: 't-1', count: 4, firstAt: NOW - minutesAgo * MINUTE });
  const review = (minutesAgo: number) => ({ windowKey: 1, reviews: 2, since: NOW - minutesAgo * MINUTE });
  const found = (heldAgo: number | null, reviewedAgo: number | null) =>
    findReviews(
      deps,
      {
        held: heldAgo === null ? [] : ([held(heldAgo)] as never),
        reviews: reviewedAgo === null ? [] : [review(reviewedAgo)],
      },
      NOW,
    ).map(({ state, begin, detail }) => [
      state,
      (NOW - (begin ?? 0)) / MINUTE,
      detail?.votes,
      detail?.reviews,
    ]);
  expect(found(null, null)).toEqual([]);
  expect(found(null, 61)).toEqual([['holds', 61, 0, 2]]);
  expect(found(90, 61)).toEqual([['holds', 90, 4, 2]]);
  expect(found(1, 61)).toEqual([['holds', 61, 4, 2]]);
  expect(found(59, 2).map(([state]) => state)).toEqual(['between']);
});
