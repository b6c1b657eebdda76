/** What a gateway knows of alerts, on each database: whoever else has changed them, also a gateway that does not note which (before 020). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKnownAlerts, type KnownAlerts } from '../../gateway/alerts/known-alerts.ts';
import type { AlertTx, NewAlert } from '../../gateway/store/alerts.ts';
import { type PortsHome, portHomes } from '../support/port-homes.ts';
import { BASE, createReviewRig, type ReviewRig } from '../support/review-rig.ts';

const LINE = {
  by: { actor: { kind: 'cli', user: 'test' }, origin: 'local' },
  action: 'test',
  target: { kind: 'alerts' },
} as const;

describe.each(portHomes())('known alerts over %s', (_name, createHome) => {
  let home: PortsHome;
  let rig: ReviewRig;
  let known: KnownAlerts;
  let time: number;
  let reads: { all: number; rules: number };
  beforeEach(async () => {
    home = await createHome();
    rig = await createReviewRig(home);
    [time, reads] = [BASE, { all: 0, rules: 0 }];
    const { noted, changedSince, settledSince, open } = rig.ports.alerts;
    known = createKnownAlerts({
      store: {
        ...{ noted, changedSince, settledSince },
        async open() {
          reads.all++;
          return open();
        },
      },
      async reloadRules() {
        reads.rules++;
      },
      now: () => time,
    });
    await known.follow();
    reads = { all: 0, rules: 0 };
  });
  afterEach(() => rig.end());

  const change = (act: (tx: AlertTx) => Promise<unknown>) =>
    rig.ports.alerts.change(async (tx) => tx.audited(LINE, await act(tx)));
  /** … as a gateway did that let the version grow alone. */
  const changeAsBefore = async (ids: readonly string[], act: (tx: AlertTx) => Promise<unknown>) => {
    const { rules } = await rig.ports.alerts.noted();
    await change(act);
    for (const id of ids) await home.rows(`UPDATE alerts SET noted = 0 WHERE id = '${id}'`);
    await home.rows(`UPDATE alerts_noted SET rules = ${rules}`);
  };
  const alert = (id: string, node = 'window:w1'): NewAlert => ({
    ...{ id, kind: 'votes-pending', node, unitId: 'town', isUrgent: false },
    ...{ begin: BASE, last: BASE, times: 1, detail: {}, openedAt: BASE },
  });
  const close = (id: string) => (tx: AlertTx) =>
    tx.close(id, { at: BASE + 9, by: 'account:li', why: 'seen' });
  const ids = () => known.open().map(({ id }) => id);

  it('are read where they have changed, and no others', async () => {
    await change((tx) => tx.add(alert('a-1')));
    await change((tx) => tx.add(alert('a-2', 'window:w2')));
    expect(await known.follow()).toEqual({ isAny: true, settled: [] });
    expect(ids()).toEqual(['a-1', 'a-2']);
    await change(close('a-1'));
    expect((await known.follow()).settled).toEqual([{ kind: 'votes-pending', node: 'window:w1' }]);
    await change((tx) =>
      tx.addRules({
        ...{ nodeId: 'unit:town', version: 1, validFrom: '2026-10-16', validTo: null, settings: {} },
        ...{ reason: 'x', madeAt: BASE, madeBy: 'account:li' },
      }),
    );
    await change((tx) => tx.acknowledge('a-2', BASE, 'account:li'));
    expect((await known.follow()).isAny).toBe(true);
    expect((await known.follow()).isAny).toBe(false);
    expect(known.open()).toMatchObject([{ id: 'a-2', acknowledgedBy: 'account:li' }]);
    expect(reads).toEqual({ all: 0, rules: 1 });
  });

  it('are what a gateway from before has opened and closed, and its rules', async () => {
    await changeAsBefore(['a-1'], (tx) => tx.add(alert('a-1')));
    await known.follow();
    expect(ids()).toEqual(['a-1']);
    await changeAsBefore(['a-1'], close('a-1'));
    expect((await known.follow()).settled).toEqual([{ kind: 'votes-pending', node: 'window:w1' }]);
    expect([ids(), [...known.settledStanding().values()]]).toEqual([[], [BASE + 9]]);
    const before = reads.rules;
    await changeAsBefore([], (tx) =>
      tx.addRules({
        ...{ nodeId: 'unit:town', version: 1, validFrom: '2026-10-16', validTo: null, settings: {} },
        ...{ reason: 'x', madeAt: BASE, madeBy: 'account:li' },
      }),
    );
    await known.follow();
    expect(reads.rules).toBe(before + 1);
  });

  it('are both, where such a one and one of now have changed some at once', async () => {
    await change((tx) => tx.add(alert('a-1')));
    await known.follow();
    await changeAsBefore(['a-1'], close('a-1'));
    await change((tx) => tx.add(alert('a-2', 'window:w2')));
    await changeAsBefore(['a-3'], (tx) => tx.add(alert('a-3', 'window:w3')));
    await known.follow();
    expect(ids()).toEqual(['a-2', 'a-3']);
  });

  it('are read again in doubt, though nothing says that any has changed, and not at every look', async () => {
    const { version } = await rig.ports.alerts.noted();
    await changeAsBefore(['a-1'], (tx) => tx.add(alert('a-1')));
    await home.rows(`UPDATE alerts_noted SET version = ${version}`);
    await known.follow();
    expect(ids()).toEqual([]);
    known.doubt();
    await known.follow();
    expect([ids(), reads.all]).toEqual([['a-1'], 1]);
    known.doubt();
    await known.follow();
    expect(reads.all).toBe(1);
    time += 10_000;
    await known.follow();
    await known.follow();
    expect(reads.all).toBe(2);
  });
});
