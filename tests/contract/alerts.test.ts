/** The port to alerts, in every database. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AlertFilter, AlertTx, NewAlert } from '../../gateway/store/alerts.ts';
import type { AuditTx } from '../../gateway/store/changes.ts';
import { LeaseLost } from '../../gateway/store/leases.ts';
import type { OrgTx } from '../../gateway/store/org.ts';
import { type PortsHome, portHomes } from '../support/port-homes.ts';
import { BASE, createReviewRig, type ReviewRig } from '../support/review-rig.ts';
import { voteRecord } from '../support/store.ts';

const LINE = {
  by: { actor: { kind: 'cli', user: 'test' }, origin: 'local' },
  action: 'test',
  target: { kind: 'alerts' },
} as const;

describe.each(portHomes())('alerts in %s', (_name, createHome) => {
  let home: PortsHome;
  let rig: ReviewRig;
  beforeEach(async () => {
    home = await createHome();
    rig = await createReviewRig(home);
  });
  afterEach(() => rig.end());

  const alerts = () => rig.ports.alerts;
  const change = <T>(act: (tx: AlertTx & AuditTx) => Promise<T>): Promise<T> =>
    alerts().change(async (tx) => tx.audited(LINE, await act(tx)));
  const alert = (id: string, more: Partial<NewAlert> = {}): NewAlert => ({
    ...{ id, kind: 'votes-pending', node: 'window:w1', unitId: 'town', isUrgent: false },
    ...{ begin: BASE, last: BASE, times: 1, detail: { pending: 3 }, openedAt: BASE + 5 },
    ...more,
  });
  const changeTree = (act: (tx: OrgTx) => Promise<unknown>) =>
    rig.ports.org.change(async (tx) => tx.audited({ ...LINE, target: { kind: 'data' } }, await act(tx)));
  const addUnit = (id: string) => changeTree((tx) => tx.addUnit({ id, name: id, parentId: null }));
  const moveWindow = (id: string, unitId: string) => changeTree((tx) => tx.moveWindow(id, unitId, BASE));
  const close = (id: string, at: number, by = 'gateway') =>
    change((tx) => tx.close(id, { at, by, why: 'ended' }));

  it('are one a cause, until it is closed', async () => {
    const before = await alerts().noted();
    const added = await change((tx) => tx.add(alert('a-1')));
    expect(added).toMatchObject({
      ...{ id: 'a-1', kind: 'votes-pending', node: 'window:w1', unitId: 'town', isUrgent: false },
      ...{ detail: { pending: 3 }, acknowledgedAt: null, closedAt: null },
    });
    expect(await change((tx) => tx.add(alert('a-2')))).toBeNull();
    expect(await change((tx) => tx.add(alert('a-3', { node: 'window:w2', isUrgent: true })))).not.toBeNull();
    expect((await alerts().open()).map(({ id, isUrgent }) => [id, isUrgent])).toEqual([
      ['a-1', false],
      ['a-3', true],
    ]);
    expect(await close('a-1', BASE + 9)).toBe(true);
    expect(await close('a-1', BASE + 10)).toBe(false);
    expect(await change((tx) => tx.add(alert('a-4')))).not.toBeNull();
    expect((await alerts().open()).map(({ id }) => id)).toEqual(['a-3', 'a-4']);
    expect((await alerts().noted()).version).toBeGreaterThan(before.version);
    await expect(change((tx) => tx.add(alert('a-5', { unitId: 'nowhere' })))).rejects.toMatchObject({
      code: 'unit-unknown',
    });
  });

  it('are read again where they have changed, and only there; rules have a word of their own', async () => {
    const since = async (version: number) =>
      (await alerts().changedSince(version)).map(({ id, times }) => [id, times]);
    await change((tx) => tx.add(alert('a-1')));
    await change((tx) => tx.add(alert('a-2', { node: 'window:w2' })));
    const { version, rules } = await alerts().noted();
    expect(await since(version)).toEqual([]);
    const lease = await rig.ports.leases.take('watch-alerts', 'one', 60_000);
    if (!lease) throw new Error('no lease');
    await alerts().noteAgain([{ id: 'a-2', last: BASE + 7, times: 3 }], lease);
    expect(await since(version)).toEqual([['a-2', 3]]);
    const second = (await alerts().noted()).version;
    await change((tx) => tx.acknowledge('a-1', BASE, 'account:li'));
    await close('a-2', BASE + 9, 'account:li');
    expect(await since(second)).toEqual([
      ['a-1', 1],
      ['a-2', 3],
    ]);
    await change((tx) => tx.comment(1, { at: BASE, by: 'account:li', text: 'x' }));
    const third = await alerts().noted();
    expect([await since(third.version), third.rules]).toEqual([[], rules]);
    await change((tx) =>
      tx.addRules({
        ...{ nodeId: 'unit:town', version: 1, validFrom: '2026-10-16', validTo: null, settings: {} },
        ...{ reason: 'x', madeAt: BASE, madeBy: 'account:li' },
      }),
    );
    const fourth = await alerts().noted();
    expect(fourth.rules).toBe(fourth.version);
    expect([fourth.version > third.version, await since(third.version)]).toEqual([true, []]);
  });

  it('are found by state, kind and unit, page by page', async () => {
    await change(async (tx) => {
      for (const number of [1, 2, 3, 4])
        await tx.add(
          alert(`a-${number}`, { node: `window:w${number}`, ...(number === 4 && { kind: 'unsatisfied' }) }),
        );
      await tx.acknowledge('a-2', BASE + 7, 'account:chief');
      await tx.close('a-3', { at: BASE + 8, by: 'account:chief', why: 'seen' });
    });
    const ids = async (...given: Parameters<ReturnType<typeof alerts>['list']>) =>
      (await alerts().list(...given)).map(({ id }) => id);
    expect(await ids({}, 10)).toEqual(['a-4', 'a-3', 'a-2', 'a-1']);
    expect(await ids({ states: ['open'] }, 10)).toEqual(['a-4', 'a-1']);
    expect(await ids({ states: ['acknowledged'] }, 10)).toEqual(['a-2']);
    expect(await ids({ states: ['acknowledged', 'closed'] }, 10)).toEqual(['a-3', 'a-2']);
    expect(await ids({ kinds: ['unsatisfied'] }, 10)).toEqual(['a-4']);
    expect(await ids({ unitKeys: [] }, 10)).toEqual([]);
    const [first] = await alerts().list({}, 1);
    expect(await ids({ unitKeys: [first?.unitKey as number], before: first?.key as number }, 2)).toEqual([
      'a-3',
      'a-2',
    ]);
    expect(await alerts().settledSince(BASE)).toEqual([
      { kind: 'votes-pending', node: 'window:w3', at: BASE + 8 },
    ]);
    expect(await alerts().settledSince(BASE + 9)).toEqual([]);
  });

  it('are of where what they are about stands now; ended ones that rest on votes of nobody who has it no more', async () => {
    await addUnit('hall');
    await change(async (tx) => {
      await tx.add(alert('a-1', { kind: 'unsatisfied' }));
      await tx.add(alert('a-2', { kind: 'terminal-silent', node: 'terminal:t-1' }));
      await tx.add(alert('a-3', { node: 'unit:town' }));
      await tx.add(alert('a-4', { kind: 'unsatisfied', node: 'window:gone' }));
    });
    const keys = new Map((await alerts().open()).map(({ unitId, unitKey }) => [unitId, unitKey]));
    const town = keys.get('town') as number;
    const hall = (await rig.ports.org.units()).find(({ id }) => id === 'hall')?.key as number;
    const ids = async (filter: AlertFilter) => (await alerts().list(filter, 10)).map(({ id }) => id);
    expect(await ids({ unitKeys: [town] })).toEqual(['a-4', 'a-3', 'a-2', 'a-1']);
    await moveWindow('w1', 'hall');
    expect(await ids({ unitKeys: [town] })).toEqual(['a-4', 'a-3']);
    expect(await ids({ unitKeys: [hall] })).toEqual(['a-2', 'a-1']);
    expect(await ids({ unitKeys: [hall], heldBackKeys: [town] })).toEqual(['a-2']);
    for (const id of ['a-1', 'a-2']) await close(id, BASE + 9);
    // It was counted up for votes in the hall as well.
    expect(await ids({ unitKeys: [town] })).toEqual(['a-4', 'a-3', 'a-2']);
    expect(await ids({ unitKeys: [hall] })).toEqual([]);
    expect(await ids({ unitKeys: [town, hall] })).toEqual(['a-4', 'a-3', 'a-2', 'a-1']);
  });

  it('are acknowledged once, and commented on at any time', async () => {
    await change((tx) => tx.add(alert('a-1')));
    expect(await change((tx) => tx.acknowledge('a-1', BASE + 1, 'account:one'))).toBe(true);
    expect(await change((tx) => tx.acknowledge('a-1', BASE + 2, 'account:two'))).toBe(false);
    const [known] = await alerts().open();
    expect(known).toMatchObject({ acknowledgedAt: BASE + 1, acknowledgedBy: 'account:one' });
    await close('a-1', BASE + 3);
    for (const text of ['一', '二'])
      await change((tx) => tx.comment(known?.key as number, { at: BASE + 4, by: 'account:one', text }));
    expect((await alerts().comments(known?.key as number)).map(({ text }) => text)).toEqual(['一', '二']);
  });

  it('are counted up only by whoever has the lease, and only while they are open', async () => {
    await change((tx) => tx.add(alert('a-1')));
    const lease = await rig.ports.leases.take('watch-alerts', 'here', 60_000);
    if (!lease) throw new Error('nobody else is there');
    await alerts().noteAgain([{ id: 'a-1', last: BASE + 60, times: 4 }], lease);
    expect(await alerts().alert('a-1')).toMatchObject({ last: BASE + 60, times: 4 });
    await rig.ports.leases.release(lease);
    await rig.ports.leases.take('watch-alerts', 'there', 60_000);
    await expect(alerts().noteAgain([{ id: 'a-1', last: 0, times: 5 }], lease)).rejects.toBeInstanceOf(
      LeaseLost,
    );
    expect(await alerts().alert('a-1')).toMatchObject({ times: 4 });
  });

  it('rest on the votes that count, whatever their order, and on no others', async () => {
    await rig.commit({
      votes: [
        voteRecord({ journalKey: rig.source, seq: 1, at: BASE - 3_600_000, rating: 2 }),
        voteRecord({ journalKey: rig.source, seq: 2, at: BASE + 2_000, rating: 2, receivedAt: BASE + 9_000 }),
        voteRecord({ journalKey: rig.source, seq: 3, at: BASE + 1_000, rating: 1, receivedAt: BASE + 9_000 }),
        voteRecord({ journalKey: rig.source, seq: 4, at: BASE + 3_000, rating: 2, verdict: 1 }),
        voteRecord({ journalKey: rig.source, seq: 5, at: BASE + 4_000, rating: 2, windowKey: 2 }),
        voteRecord({ journalKey: rig.source, seq: 6, at: BASE + 60_000, rating: 2 }),
      ],
    });
    const seen = async () =>
      (await alerts().countedVotes(1, BASE)).toSorted((one, other) => one.at - other.at);
    const late = { receivedAt: BASE + 9_000 };
    const first = [
      { at: BASE + 1_000, ...late, unsatisfied: false },
      { at: BASE + 2_000, ...late, unsatisfied: true },
    ];
    expect(await seen()).toEqual([
      ...first,
      { at: BASE + 60_000, receivedAt: BASE + 60_000, unsatisfied: true },
    ]);
    await rig.act((tx) =>
      tx.exclude({
        ...{ id: 'x-1', terminalId: 't-1', from: BASE + 60_000, to: BASE + 61_000 },
        ...{ reason: 'test', madeAt: BASE, madeBy: 'cli:test' },
      }),
    );
    expect(await seen()).toEqual(first);
  });

  it('have rules in versions, each number of a node once', async () => {
    const version = {
      ...{ nodeId: 'unit:town', version: 1, validFrom: '2026-10-16', validTo: null, reason: 'x' },
      ...{ madeAt: BASE, madeBy: 'cli:test', settings: { pending: { afterMinutes: 5, isUrgent: true } } },
    };
    await change((tx) => tx.addRules(version));
    await expect(change((tx) => tx.addRules(version))).rejects.toMatchObject({ code: 'rule-version-taken' });
    await change((tx) => tx.addRules({ ...version, version: 2, settings: { silent: null } }));
    expect(await alerts().ruleVersions()).toEqual([
      version,
      { ...version, version: 2, settings: { silent: null } },
    ]);
  });

  it('wait to be told, the first of each target, until they are taken or given up', async () => {
    const { alertTargets } = rig.ports;
    const target = (id: string, unitId: string | null = null) => ({
      ...{ id, channel: 'webhook' as const, name: id, address: 'https://example.org/', unitId },
      ...{ kinds: null, language: 'zh' as const, madeAt: BASE, madeBy: 'cli:test', sealed: Buffer.from('s') },
    });
    await alertTargets.change(async (tx) => {
      await tx.add(target('at-1', 'town'));
      await tx.add(target('at-2'));
      return tx.audited(LINE, undefined);
    });
    const [one, two] = (await alertTargets.targets()).map(({ key }) => key) as [number, number];
    const opened = await change((tx) => tx.add(alert('a-1')));
    const delivery = (id: string, targetKey: number, dueAt: number) => ({
      ...{ id, targetKey, alertKey: opened?.key as number, event: 'alert.opened', body: '{}' },
      ...{ madeAt: BASE, dueAt },
    });
    await change((tx) =>
      tx.tell([
        delivery('ad-1', one, BASE + 1),
        delivery('ad-2', one, BASE),
        delivery('ad-3', two, BASE),
        delivery('ad-4', two, BASE + 50),
      ]),
    );
    const due = async (at: number) => (await alertTargets.due(at)).map((found) => found.delivery.id);
    expect(await due(BASE - 1)).toEqual([]);
    expect(await due(BASE + 1)).toEqual(['ad-2', 'ad-3']);
    const [first] = await alertTargets.due(BASE + 1);
    expect(first).toMatchObject({
      target: { id: 'at-1', unitId: 'town', failures: 0 },
      delivery: { attempts: 0 },
    });
    expect(first?.sealed?.toString()).toBe('s');
    const retry = { state: 'waiting', retryAt: BASE + 9, code: 'webhook-refused', note: '500' } as const;
    await alertTargets.noteOutcome(first?.delivery as never, retry);
    expect(await due(BASE + 8)).toEqual(['ad-3']);
    expect(await due(BASE + 9)).toEqual(['ad-2', 'ad-3']);
    await alertTargets.noteOutcome(first?.delivery as never, { state: 'sent', at: BASE + 9 });
    expect(await due(BASE + 9)).toEqual(['ad-1', 'ad-3']);
    // What is not due yet is taken back; who has been told, or is about to be, is to hear of the end.
    expect((await change((tx) => tx.untell(opened?.key as number, BASE + 9))).toldTargetKeys.sort()).toEqual([
      one,
      two,
    ]);
    expect(await due(BASE + 99)).toEqual(['ad-1', 'ad-3']);
    expect(
      (await alertTargets.deliveries(10, one)).map(({ id, state, attempts }) => [id, state, attempts]),
    ).toEqual([
      ['ad-2', 'sent', 2],
      ['ad-1', 'waiting', 0],
    ]);
    const removed = await alertTargets.change(async (tx) =>
      tx.audited(LINE, await tx.remove('at-2', BASE + 10)),
    );
    expect(removed).toBe(true);
    expect(await due(BASE + 99)).toEqual(['ad-1']);
    expect((await alertTargets.targets()).map(({ id }) => id)).toEqual(['at-1']);
  });
});
