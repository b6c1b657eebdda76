/** Names and places of the time beside long sums, in every database. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildTree } from '../../gateway/domain/org.ts';
import { METHOD } from '../../gateway/domain/statistics/figure.ts';
import { historyNode } from '../../gateway/scores/history-node.ts';
import { createKeptTreeThen } from '../../gateway/scores/kept-tree-then.ts';
import { createNodeHistory } from '../../gateway/scores/node-history.ts';
import { portHomes } from '../support/port-homes.ts';
import { createReviewRig, type ReviewRig } from '../support/review-rig.ts';
import { voteRecord } from '../support/store.ts';
import { plant } from '../support/tree.ts';

/** A gateway of UTC. */
const at = (text: string) => Date.parse(`2026-11-${text}Z`);

describe.each(portHomes())('names of the time in %s', (_name, createHome) => {
  let rig: ReviewRig;
  beforeEach(async () => {
    rig = await createReviewRig(await createHome());
    await plant(rig.ports, { units: [{ id: 'hall', name: '大厅' }] });
  });
  afterEach(() => rig.end());

  const treeOf = async () => buildTree(await rig.ports.org.units(), await rig.ports.org.windows(), []);
  const change = (
    act: (tx: Parameters<Parameters<ReviewRig['ports']['org']['change']>[0]>[0]) => Promise<unknown>,
  ) =>
    rig.ports.org.change(async (tx) => {
      await act(tx);
      const by = { actor: { kind: 'cli', user: 'test' }, origin: 'local' } as const;
      return tx.audited({ by, action: 'unit.rename', target: { kind: 'data' } }, undefined);
    });

  it('are those at the end of each span, and say where they were others within it', async () => {
    const before = await treeOf();
    const [town, w1] = [before.unitById.get('town')?.name ?? '', before.windowById.get('w1')?.name ?? ''];
    let tree = before;
    let versionsRead = 0;
    const history = createNodeHistory({
      store: rig.ports.history,
      figures: () => ({
        ...{ method: METHOD, rules: '1', minimum: 30, target: 0.85, confidence: 0.95 },
        weights: { satisfied: 100, basically: 60, unsatisfied: 0 },
      }),
      ...{
        zonesOf: () => [{ from: 0, timeZone: 'UTC' }],
        dataRevision: () => 'r',
        now: () => at('10T00:00'),
      },
      treeThen: createKeptTreeThen(() => tree, {
        versions: () => {
          versionsRead += 1;
          return rig.ports.org.versions();
        },
      }),
    });
    const named = async () => {
      const node = historyNode(tree, 'window', 'w1');
      if (!node) throw new Error('the window is gone');
      const found = await history.read({
        ...{ node, period: { from: '2026-11-01', to: '2026-11-05' }, by: 'day', compare: [] },
        isNamedThen: true,
      });
      return found;
    };
    const paths = async () => {
      const { spans } = await named();
      return spans.map(({ node, votes }) => [node?.path.join('/'), node?.isChanged, votes]);
    };
    await rig.commit({
      votes: ['01', '02', '03', '04', '05'].map((day, seq) =>
        voteRecord({ journalKey: rig.source, windowKey: 1, seq, at: at(`${day}T12:00`) }),
      ),
    });
    const first = [`${town}/${w1}`, false, 1];
    expect(await paths()).toEqual([first, first, first, first, first]);

    await change((tx) => tx.renameWindow('w1', '社保', at('02T10:07')));
    await change((tx) => tx.renameUnit('town', '新镇', at('03T00:00')));
    await change((tx) => tx.moveWindow('w1', 'hall', at('04T23:59')));
    // Away and back within a span: it was otherwise, and is called so at the end.
    await change((tx) => tx.renameWindow('w1', '临时', at('05T08:00')));
    await change((tx) => tx.renameWindow('w1', '社保', at('05T09:00')));
    expect(await paths(), 'by the tree that is known').toEqual([first, first, first, first, first]);
    tree = await treeOf();
    const after = [
      first,
      [`${town}/社保`, true, 1],
      ['新镇/社保', false, 1],
      ['大厅/社保', true, 1],
      ['大厅/社保', true, 1],
    ];
    expect(await paths()).toEqual(after);
    expect(await paths()).toEqual(after);
    expect((await named()).node).toEqual({
      ...{ kind: 'window', id: 'w1', name: '社保', path: ['大厅', '社保'], isChanged: true },
    });
    expect(versionsRead).toBe(2);
  });
});
