/** Votes that are on their way for long, and what a person has said of them, over restarts. */
import { expect, it } from 'vitest';
import { createPendingWatch } from '../../../gateway/alerts/standing-watch.ts';
import { buildTree } from '../../../gateway/domain/org.ts';

const MINUTE = 60_000;
const NOW = 1_795_000_000_000;
const tree = buildTree(
  [{ key: 1, id: 'hall', parentId: null, name: '大厅' }],
  [{ key: 1, id: 'w1', unitId: 'hall', name: '一号' }],
  [],
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
