/** What every store keeps of the organisation tree. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { By } from '../../gateway/store/changes.ts';
import { OrgRefusal } from '../../gateway/store/failures.ts';
import type { OrgTx } from '../../gateway/store/org.ts';
import { type OpenPorts, type PortsHome, portHomes } from '../support/port-homes.ts';
import { addSmallTown, plant } from '../support/tree.ts';

const BY: By = { actor: { kind: 'cli', user: 'test' }, origin: 'local' };

describe.each(portHomes())('the tree in %s', (_name, createHome) => {
  let home: PortsHome;
  let store: OpenPorts;
  beforeEach(async () => {
    home = await createHome();
    store = await home.open();
    await addSmallTown(store);
  });
  afterEach(async () => {
    await store.close();
    await home.dispose();
  });
  const change = (act: (tx: OrgTx) => Promise<void>) =>
    store.org.change(async (tx) => {
      await act(tx);
      return tx.audited({ by: BY, action: 'unit.add', target: { kind: 'unit', id: 'x' } }, undefined);
    });

  it('is read in the order in which it was made', async () => {
    await change(async (tx) => {
      await tx.addUnit({ id: 'hall', parentId: 'town', name: '大厅' });
      await tx.addWindow({ id: 'w3', unitId: 'hall', name: '3号窗口' });
    });
    expect((await store.org.units()).map(({ id, parentId, name }) => [id, parentId, name])).toEqual([
      ['town', null, '云岭镇'],
      ['hall', 'town', '大厅'],
    ]);
    expect((await store.org.windows()).map(({ id, unitId }) => [id, unitId])).toEqual([
      ['w1', 'town'],
      ['w2', 'town'],
      ['w3', 'hall'],
    ]);
    expect(await store.org.terminals()).toMatchObject([
      { id: 't-1', windowId: 'w1', lastSeenAt: null },
      { id: 't-2', windowId: 'w2', lastSeenAt: null },
    ]);
  });

  it('has a first version of each unit and window, which holds for ever', async () => {
    const [town] = await store.org.units();
    const [first, second] = await store.org.windows();
    const ever = { from: 0 };
    const under = { ...ever, kind: 'window', parentKey: town?.key };
    expect(await store.org.versions()).toEqual([
      { ...ever, kind: 'unit', key: town?.key, parentKey: null, name: '云岭镇' },
      { ...under, key: first?.key, name: '1号窗口' },
      { ...under, key: second?.key, name: '2号窗口' },
    ]);
    const written = await home.rows<{ kind: string }>('SELECT kind FROM org_versions ORDER BY kind, key');
    expect(written.map(({ kind }) => kind)).toEqual(['unit', 'window', 'window']);
  });

  it('reads one of what a gateway of before them has added', async () => {
    await home.rows(`INSERT INTO units (id, parent_key, name) SELECT 'old', key, '旧' FROM units`);
    const [town, old] = await store.org.units();
    expect((await store.org.versions())[1]).toEqual({
      ...{ kind: 'unit', key: old?.key, parentKey: town?.key, name: '旧', from: 0 },
    });
  });

  it.each<[string, (tx: OrgTx) => Promise<void>]>([
    ['unit-unknown', (tx) => tx.addWindow({ id: 'w3', unitId: 'nowhere', name: 'x' })],
    ['unit-unknown', (tx) => tx.addUnit({ id: 'u', parentId: 'nowhere', name: 'x' })],
    ['id-taken', (tx) => tx.addUnit({ id: 'town', parentId: null, name: 'x' })],
    ['id-taken', (tx) => tx.addWindow({ id: 'w1', unitId: 'town', name: 'x' })],
  ])('refuses what does not fit it: %s, and leaves nothing of the change', async (code, act) => {
    const refused = change(async (tx) => {
      await tx.addUnit({ id: 'first', parentId: null, name: 'x' });
      await act(tx);
    });
    await expect(refused).rejects.toThrow(OrgRefusal);
    await expect(refused).rejects.toMatchObject({ code });
    expect((await store.org.units()).map(({ id }) => id)).toEqual(['town']);
    const lines = await store.audit.entries({ limit: 10 });
    expect(lines.map(({ target }) => target)).toEqual(['data', 'data']);
  });

  describe('that is changed', () => {
    const QUARTER_MS = 900_000;
    const AT = 1_795_000_000_000;
    const quarter = AT - (AT % QUARTER_MS);
    beforeEach(() =>
      change(async (tx) => {
        await tx.addUnit({ id: 'hall', parentId: 'town', name: '大厅' });
        await tx.addUnit({ id: 'desk', parentId: 'hall', name: '服务台' });
        await tx.addUnit({ id: 'other', parentId: null, name: '他镇' });
      }),
    );
    const keyOf = async (id: string) =>
      [...(await store.org.units()), ...(await store.org.windows())].find((one) => one.id === id)?.key;
    const versionsOf = async (kind: 'unit' | 'window', id: string) => {
      const key = await keyOf(id);
      const own = (await store.org.versions()).filter((one) => one.kind === kind && one.key === key);
      return own.map(({ parentKey, name, from }) => [parentKey, name, from]);
    };

    it('has what is moved or renamed in its new place, from the quarter of an hour on, and where it was before', async () => {
      const told: unknown[] = [];
      await change(async (tx) => {
        told.push(await tx.moveWindow('w1', 'hall', AT), await tx.renameWindow('w1', '一号', AT));
        told.push(await tx.moveUnit('hall', 'other', AT + QUARTER_MS));
        told.push(await tx.moveUnit('desk', null, AT), await tx.renameUnit('town', '岭镇', AT));
      });
      expect(told).toEqual([
        { was: 'town', from: quarter },
        { was: '1号窗口', from: quarter },
        { was: 'town', from: quarter + QUARTER_MS },
        { was: 'hall', from: quarter },
        { was: '云岭镇', from: quarter },
      ]);
      expect((await store.org.units()).map(({ id, parentId, name }) => [id, parentId, name])).toEqual([
        ['town', null, '岭镇'],
        ['hall', 'other', '大厅'],
        ['desk', null, '服务台'],
        ['other', null, '他镇'],
      ]);
      expect((await store.org.windows()).map(({ id, unitId, name }) => [id, unitId, name])).toEqual([
        ['w1', 'hall', '一号'],
        ['w2', 'town', '2号窗口'],
      ]);
      const [town, hall, other] = await Promise.all(['town', 'hall', 'other'].map(keyOf));
      // Two changes of one quarter are one version: the later one.
      expect(await versionsOf('window', 'w1')).toEqual([
        [town, '1号窗口', 0],
        [hall, '一号', quarter],
      ]);
      expect(await versionsOf('unit', 'hall')).toEqual([
        [town, '大厅', 0],
        [other, '大厅', quarter + QUARTER_MS],
      ]);
      expect(await versionsOf('unit', 'desk')).toEqual([
        [hall, '服务台', 0],
        [null, '服务台', quarter],
      ]);
    });

    it('says with its newest version what stands in it, also after a clock that was wrong', async () => {
      await change(async (tx) => void (await tx.renameUnit('hall', '厅', AT + 40 * QUARTER_MS)));
      await change(async (tx) => void (await tx.renameUnit('hall', '前厅', AT)));
      const town = await keyOf('town');
      expect(await versionsOf('unit', 'hall')).toEqual([
        [town, '大厅', 0],
        [town, '前厅', quarter + 40 * QUARTER_MS],
      ]);
    });

    it('keeps what a gateway of before there were versions has added', async () => {
      await home.rows(
        `INSERT INTO windows (id, unit_key, name) SELECT 'old', key, '旧' FROM units WHERE id = 'hall'`,
      );
      await change(async (tx) => void (await tx.moveWindow('old', 'other', AT)));
      expect(await versionsOf('window', 'old')).toEqual([
        [await keyOf('hall'), '旧', 0],
        [await keyOf('other'), '旧', quarter],
      ]);
    });

    it.each<[string, (tx: OrgTx) => Promise<unknown>]>([
      ['unit-below-itself', (tx) => tx.moveUnit('town', 'desk', AT)],
      ['unit-below-itself', (tx) => tx.moveUnit('town', 'town', AT)],
      ['unit-unknown', (tx) => tx.moveUnit('town', 'nowhere', AT)],
      ['unit-unknown', (tx) => tx.moveUnit('nowhere', 'town', AT)],
      ['place-same', (tx) => tx.moveUnit('hall', 'town', AT)],
      ['place-same', (tx) => tx.moveUnit('town', null, AT)],
      ['window-unknown', (tx) => tx.moveWindow('nothing', 'hall', AT)],
      ['unit-unknown', (tx) => tx.moveWindow('w1', 'nowhere', AT)],
      ['place-same', (tx) => tx.moveWindow('w1', 'town', AT)],
      ['name-same', (tx) => tx.renameUnit('town', '云岭镇', AT)],
      ['unit-unknown', (tx) => tx.renameUnit('nowhere', 'x', AT)],
      ['name-same', (tx) => tx.renameWindow('w1', '1号窗口', AT)],
      ['window-unknown', (tx) => tx.renameWindow('nothing', 'x', AT)],
    ])('refuses %s, and leaves nothing of the change', async (code, act) => {
      const before = await store.org.versions();
      const refused = change(async (tx) => {
        await tx.renameWindow('w2', 'x', AT);
        await act(tx);
      });
      await expect(refused).rejects.toMatchObject({ code });
      expect(await store.org.versions()).toEqual(before);
      expect((await store.org.windows()).map(({ name }) => name)).toEqual(['1号窗口', '2号窗口']);
    });
  });

  it('remembers when terminals were heard of', async () => {
    const [first] = await store.org.terminals();
    const terminalKey = first?.key as number;
    const now = 1_795_000_000_000;
    await store.org.noteSeen([], now);
    await store.org.noteSeen(
      [
        { terminalKey, at: 1 },
        { terminalKey, at: now },
        { terminalKey: 9_999, at: 2 },
      ],
      now,
    );
    await store.close();
    store = await home.open();
    expect((await store.org.terminals()).map(({ lastSeenAt }) => lastSeenAt)).toEqual([
      1_795_000_000_000,
      null,
    ]);
  });

  it('forgets none of it for what another gateway writes late, but for what a wrong clock has said', async () => {
    const [first] = await store.org.terminals();
    const terminalKey = first?.key as number;
    const other = await home.open();
    const now = 1_795_000_000_000;
    const heard = async () => (await store.org.terminals())[0]?.lastSeenAt;
    const day = 86_400_000;
    await other.org.noteSeen([{ terminalKey, at: now }], now);
    await store.org.noteSeen([{ terminalKey, at: now - 5_000 }], now + 1);
    expect(await heard()).toBe(now);
    await other.org.noteSeen([{ terminalKey, at: now + day }], now + day);
    await store.org.noteSeen([{ terminalKey, at: now + 3 }], now + 4);
    expect(await heard()).toBe(now + 3);
    await other.close();
  });

  it('remembers it of many at once', async () => {
    const windows = Array.from({ length: 250 }, (_, at) => ({ id: `x${at}`, unitId: 'town', name: 'x' }));
    const terminals = windows.map(({ id }) => ({ id: `t-${id}`, windowId: id }));
    await plant(store, { windows, terminals });
    const all = await store.org.terminals();
    const seen = all.map(({ key }) => ({ terminalKey: key, at: 1_795_000_000_000 + key }));
    await store.org.noteSeen(seen, 1_795_000_000_000);
    const heard = async () =>
      (await store.org.terminals()).map(({ key, lastSeenAt }) => ({ terminalKey: key, at: lastSeenAt }));
    expect(await heard()).toEqual(seen);
  });
});
