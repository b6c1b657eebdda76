/** What stood beside a unit or window, and when. */
import { expect, it } from 'vitest';
import type { OrgVersion } from '../../../gateway/domain/org.ts';
import { createTreeThen } from '../../../gateway/domain/tree-then.ts';
import { createNodeHistory } from '../../../gateway/scores/node-history.ts';
import { figures } from '../../support/figures.ts';

const stood = (kind: 'unit' | 'window', key: number, parentKey: number | null, from = 0): OrgVersion => ({
  ...{ kind, key, parentKey, name: `${from}`, from },
});
const SPAN = { from: 100, to: 200 };

it('is each other of its kind, for as long as both stood at the same place', () => {
  const tree = createTreeThen([
    stood('unit', 1, null),
    stood('unit', 2, 1),
    stood('unit', 3, 1),
    stood('unit', 4, null),
    stood('window', 1, 2),
    stood('window', 1, 3, 150),
    // Always beside it until it goes, by another name in between.
    stood('window', 2, 2),
    stood('window', 2, 2, 120),
    // Away, and back when the other one has gone.
    stood('window', 3, 2),
    stood('window', 3, 3, 130),
    // Of after the span, and of after that.
    stood('window', 4, 1),
    stood('window', 4, 3, 200),
    // Older than its first version says.
    stood('window', 5, 3, 170),
  ]);
  const of = (kind: 'unit' | 'window', key: number) =>
    tree.siblings({ kind, key }, SPAN).map(({ node, spans }) => [node.key, spans]);
  expect(of('window', 1)).toEqual([
    [2, [{ from: 100, to: 150 }]],
    [
      3,
      [
        { from: 100, to: 130 },
        { from: 150, to: 200 },
      ],
    ],
    [5, [{ from: 150, to: 200 }]],
  ]);
  expect(of('window', 4)).toEqual([]);
  expect(of('unit', 2)).toEqual([[3, [SPAN]]]);
  // At the top they stand beside each other.
  expect(of('unit', 4)).toEqual([[1, [SPAN]]]);
  expect(of('unit', 99)).toEqual([]);
});

it('is refused where it is very many, before anything is read', async () => {
  let reads = 0;
  const compared = (windows: number) =>
    createNodeHistory({
      store: {
        sums: async (_of, bounds) => {
          reads += 1;
          return bounds.slice(1).map(() => []);
        },
        windows: async () => [],
        parts: async () => ({ windows: [], isWaiting: false, ruleVersions: 0 }),
      },
      ...{ figures, dataRevision: () => 'r', now: Date.now },
      zonesOf: () => [{ from: 0, timeZone: 'UTC' }],
      treeThen: async () =>
        createTreeThen(Array.from({ length: windows }, (_, at) => stood('window', at + 1, 1))),
    }).read({
      node: { of: { windowKey: 1 }, shown: { kind: 'window', id: 'w1', name: '1', path: ['1'] } },
      ...{ period: { period: '2026' }, by: 'year', compare: ['siblings'] },
    });
  await expect(compared(1_002)).rejects.toThrow(expect.objectContaining({ code: 'siblings-too-many' }));
  expect(reads).toBe(0);
  expect((await compared(1_001)).comparisons).toHaveLength(1);
  expect(reads).toBe(1_001);
});
