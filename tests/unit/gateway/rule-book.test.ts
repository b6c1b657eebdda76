/** Which rules hold where, when the tree or the rules are others. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RuleSettings } from '../../../gateway/domain/verdicts/rule-settings.ts';
import type { OrgTx } from '../../../gateway/store/org.ts';
import type { SqliteStore } from '../../../gateway/store/sqlite/sqlite-store.ts';
import { openRuleBook, type RuleBook } from '../../../gateway/verdicts/rule-book.ts';
import { createStoreHome } from '../../support/store.ts';
import { plant } from '../../support/tree.ts';

const AT = Date.parse('2026-11-25T09:00:00+08:00');
const MINUTE = 60_000;
const BY = { actor: { kind: 'gateway' } as const, origin: 'local' };

describe('the rules in memory', () => {
  const home = createStoreHome();
  let store: SqliteStore;
  let book: RuleBook;

  const act = (of: (tx: OrgTx) => Promise<unknown>) =>
    store.org.change(async (tx) => {
      await of(tx);
      return tx.audited({ by: BY, action: 'window.move', target: { kind: 'data' } }, undefined);
    });
  const moveSecond = (to: string, at: number) => act((tx) => tx.moveWindow('w2', to, at));
  const set = (nodeId: string, version: number, settings: Partial<RuleSettings>) =>
    store.rules.change(async (tx) => {
      const dates = { validFrom: '2026-01-01', validTo: null };
      await tx.add({ nodeId, version, ...dates, settings, reason: '试', madeAt: AT, madeBy: 'test' });
      return tx.audited({ by: BY, action: 'rules.add', target: { kind: 'rules' } }, undefined);
    });
  const intervals = (at = AT) => [1, 2].map((key) => book.rulesOf(key).at(at).pressIntervalMs);
  const NONE = { areOthers: false, windowKeys: [] };

  beforeEach(async () => {
    store = home.open();
    await plant(store, {
      units: [
        { id: 'city', name: '云岭市' },
        { id: 'hall', parentId: 'city', name: '政务服务大厅' },
        { id: 'station', parentId: 'city', name: '村级站点' },
      ],
      windows: [
        { id: 'w1', unitId: 'hall', name: '窗口一' },
        { id: 'w2', unitId: 'station', name: '窗口二' },
      ],
    });
    book = await openRuleBook({ rules: store.rules, timeZone: 'Asia/Shanghai' });
  });
  afterEach(() => {
    store.close();
    home.dispose();
  });

  it('are the same at every place while none has rules of its own, whatever becomes of the tree', async () => {
    await set('all', 1, { pressIntervalMs: 8_000 });
    expect((await book.reload(AT)).areOthers).toBe(true);
    expect(intervals()).toEqual([8_000, 8_000]);
    const before = book.rulesOf(2);
    await moveSecond('hall', AT);
    expect(await book.reload(AT)).toEqual(NONE);
    expect(book.rulesOf(2)).toBe(before);
  });

  it('are of the place that a window stood at when it was pressed, also below a unit that was moved', async () => {
    await set('unit:hall', 1, { pressIntervalMs: 4_000 });
    await set('unit:station', 1, { pressIntervalMs: 9_000 });
    expect(await book.reload(AT)).toEqual({ areOthers: true, windowKeys: [] });
    expect(intervals()).toEqual([4_000, 9_000]);
    await moveSecond('hall', AT + 20 * MINUTE);
    // Of the second window it is known to have been asked for other rules than it has now.
    expect(await book.reload(AT + 20 * MINUTE)).toEqual({ areOthers: true, windowKeys: [2] });
    expect(intervals(AT + 14 * MINUTE)).toEqual([4_000, 9_000]);
    expect(intervals(AT + 15 * MINUTE)).toEqual([4_000, 4_000]);
    expect(await book.reload(AT)).toEqual(NONE);

    await act((tx) => tx.moveUnit('hall', 'station', AT + 60 * MINUTE));
    await set('unit:hall', 2, {});
    await book.reload(AT);
    expect(intervals(AT + 59 * MINUTE)).toEqual([5_000, 5_000]);
    expect(intervals(AT + 60 * MINUTE)).toEqual([9_000, 9_000]);
    expect(intervals(AT)).toEqual([5_000, 9_000]);
  });

  it('are never those of before, when two are read at once', async () => {
    const older = await store.rules.ground();
    await set('all', 1, { pressIntervalMs: 8_000 });
    const grounds = [older, await store.rules.ground(), older];
    const slow = await openRuleBook({
      rules: { ground: async () => grounds.shift() as typeof older },
      timeZone: 'Asia/Shanghai',
    });
    await slow.reload(AT);
    expect(await slow.reload(AT)).toEqual(NONE);
    expect(slow.rulesOf(1).at(AT).pressIntervalMs).toBe(8_000);
    expect(slow.groundRevision()).toBeGreaterThan(older.revision);
  });
});
