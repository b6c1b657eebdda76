/** What stood beside a unit or window when votes were pressed, in every database. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildTree } from '../../gateway/domain/org.ts';
import { createTreeThen } from '../../gateway/domain/tree-then.ts';
import { historyNode } from '../../gateway/scores/history-node.ts';
import { createNodeHistory } from '../../gateway/scores/node-history.ts';
import type { Channel } from '../../protocol/channel.ts';
import { figures } from '../support/figures.ts';
import { portHomes } from '../support/port-homes.ts';
import { createReviewRig, type ReviewRig } from '../support/review-rig.ts';
import { voteRecord } from '../support/store.ts';
import { plant } from '../support/tree.ts';

const at = (text: string) => Date.parse(`2026-11-${text}Z`);
const DAYS = ['01', '02', '03', '04', '05'];

describe.each(portHomes())('siblings of the time in %s', (_name, createHome) => {
  let rig: ReviewRig;
  beforeEach(async () => {
    rig = await createReviewRig(await createHome());
    // town: w1, w2; beside it hall: w3
    await plant(rig.ports, {
      units: [{ id: 'hall', name: '大厅' }],
      windows: [{ id: 'w3', unitId: 'hall', name: '3' }],
    });
  });
  afterEach(() => rig.end());

  it('are summed for as long as each stood beside it, without itself', async () => {
    const { org, history: store } = rig.ports;
    const windows = new Map((await org.windows()).map(({ id, key }) => [id, key]));
    // w1 satisfied, w2 unsatisfied, w3 basically, once a day; by SMS what w3 has on the last.
    const rated = [
      ['w1', 0],
      ['w2', 2],
      ['w3', 1],
    ] as const;
    await rig.commit({
      votes: DAYS.flatMap((day, index) =>
        rated.map(([id, rating]) =>
          voteRecord({
            ...{ journalKey: rig.source, windowKey: windows.get(id) as number, rating },
            ...{ seq: 3 * index + rating, at: at(`${day}T12:00`) },
            channel: id === 'w3' && day === '05' ? 2 : 0,
          }),
        ),
      ),
    });
    await org.change(async (tx) => {
      await tx.moveWindow('w1', 'hall', at('03T00:00'));
      // Another name is no other place.
      await tx.renameWindow('w3', '三', at('04T00:00'));
      const by = { actor: { kind: 'cli', user: 'test' }, origin: 'local' } as const;
      return tx.audited({ by, action: 'window.move', target: { kind: 'data' } }, undefined);
    });
    const tree = buildTree(await org.units(), await org.windows(), []);
    const history = createNodeHistory({
      ...{ store, figures, dataRevision: () => 'r', now: () => at('10T00:00') },
      zonesOf: () => [{ from: 0, timeZone: 'UTC' }],
      treeThen: async () => createTreeThen(await org.versions()),
    });
    const besides = async (kind: 'unit' | 'window', id: string, channel?: Channel) => {
      const node = historyNode(tree, kind, id);
      if (!node) throw new Error(`${id} is gone`);
      const period = { from: '2026-11-01', to: '2026-11-05' };
      const found = await history.read({ node, period, by: 'day', compare: ['siblings'], channel });
      const [{ counts, differences, from, to } = { counts: null }] = found.comparisons;
      expect([from, to]).toEqual([at('01T00:00'), at('06T00:00')]);
      return { counts: counts && Object.values(counts).join('/'), rate: differences?.rate?.value ?? null };
    };
    // w2 for two days, then w3 for three.
    expect(await besides('window', 'w1')).toEqual({ counts: '0/3/2', rate: 1 - 3 / 5 });
    expect(await besides('window', 'w2')).toEqual({ counts: '2/0/0', rate: -1 });
    expect(await besides('window', 'w3')).toEqual({ counts: '3/0/0', rate: 0 });
    expect(await besides('unit', 'town')).toEqual({ counts: '3/5/0', rate: 2 / 7 - 1 });
    expect(await besides('unit', 'hall')).toEqual({ counts: '2/0/5', rate: 1 - 2 / 7 });
    expect(await besides('window', 'w1', 'sms')).toEqual({ counts: '0/1/0', rate: null });
  });
});
