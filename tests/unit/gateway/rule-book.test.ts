/** Which rules hold where, when the tree or the rules are others. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildTree, type OrgTree } from '../../../gateway/domain/org.ts';
import type { RuleSettings } from '../../../gateway/domain/verdicts/rule-settings.ts';
import type { SqliteStore } from '../../../gateway/store/sqlite/sqlite-store.ts';
import { openRuleBook, type RuleBook } from '../../../gateway/verdicts/rule-book.ts';
import { createStoreHome } from '../../support/store.ts';

const AT = Date.parse('2026-11-25T09:00:00+08:00');
const BY = { actor: { kind: 'gateway' } as const, origin: 'local' };

describe('the rules in memory', () => {
  const home = createStoreHome();
  let store: SqliteStore;
  let tree: OrgTree;
  let book: RuleBook;

  /** The second window stands in another unit, and moves to the first. */
  const treeWith = (unitOfSecond: string) =>
    buildTree(
      [
        { key: 1, id: 'city', name: '云岭市', parentId: null },
        { key: 2, id: 'hall', name: '政务服务大厅', parentId: 'city' },
        { key: 3, id: 'station', name: '村级站点', parentId: 'city' },
      ],
      [
        { key: 1, id: 'w1', name: '窗口一', unitId: 'hall' },
        { key: 2, id: 'w2', name: '窗口二', unitId: unitOfSecond },
      ],
      [],
    );
  const set = (nodeId: string, version: number, settings: Partial<RuleSettings>) =>
    store.rules.change(async (tx) => {
      const dates = { validFrom: '2026-01-01', validTo: null };
      await tx.add({ nodeId, version, ...dates, settings, reason: '试', madeAt: AT, madeBy: 'test' });
      return tx.audited({ by: BY, action: 'rules.add', target: { kind: 'rules' } }, undefined);
    });
  const intervals = () => [1, 2].map((key) => book.rulesOf(key).at(AT).pressIntervalMs);

  beforeEach(async () => {
    store = home.open();
    tree = treeWith('station');
    book = await openRuleBook({ rules: store.rules, tree: () => tree, timeZone: 'Asia/Shanghai' });
  });
  afterEach(() => {
    store.close();
    home.dispose();
  });

  it('are the same at every place while none has rules of its own, whatever becomes of the tree', async () => {
    await set('all', 1, { pressIntervalMs: 8_000 });
    expect(await book.reload()).toBe(true);
    expect(intervals()).toEqual([8_000, 8_000]);
    const before = book.rulesOf(2);
    tree = treeWith('hall');
    expect(await book.reload()).toBe(false);
    expect(book.rulesOf(2)).toBe(before);

    await set('unit:hall', 1, { pressIntervalMs: 4_000 });
    expect(await book.reload()).toBe(true);
    expect(intervals()).toEqual([4_000, 4_000]);
    tree = treeWith('station');
    expect(await book.reload()).toBe(true);
    expect(intervals()).toEqual([4_000, 8_000]);
  });
});
