/** What is found by watching terminals and standings, where two gateways watch the same: on each database, by a clock of the test's. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAlertBook } from '../../gateway/alerts/alert-book.ts';
import { openAlertWatch } from '../../gateway/alerts/alert-watch.ts';
import { followDecidedWindows } from '../../gateway/alerts/decided-windows.ts';
import { createAnnouncer } from '../../gateway/alerts/delivery/announcer.ts';
import { createCourier } from '../../gateway/alerts/delivery/courier.ts';
import { createCalendar } from '../../gateway/domain/calendar.ts';
import { createZonedTime } from '../../gateway/domain/zoned-time.ts';
import { deliverAlerts } from '../../gateway/jobs/deliver-alerts.ts';
import { createOnce, type Once } from '../../gateway/jobs/once.ts';
import { watchAlerts } from '../../gateway/jobs/watch-alerts.ts';
import { createRegistry } from '../../gateway/org/registry.ts';
import type { Completeness } from '../../protocol/score.ts';
import { type OpenPorts, type PortsHome, portHomes } from '../support/port-homes.ts';
import { BASE } from '../support/review-rig.ts';
import { addSmallTown } from '../support/tree.ts';

const MINUTE = 60_000;
const LINE = {
  by: { actor: { kind: 'cli', user: 'test' }, origin: 'local' },
  target: { kind: 'alerts' },
} as const;

describe.each(portHomes())('two gateways that watch, on %s', (_name, createHome) => {
  let home: PortsHome;
  let time: number;
  let online: Set<string>;
  let pending: number;
  let held: { oldest: number } | null;
  /** What has been sent, and by whom. */
  let sent: { id: string; by: string; event: string }[];
  let gateways: Awaited<ReturnType<typeof open>>[];
  const opened: OpenPorts[] = [];

  const open = async (holder: string) => {
    const ports = await home.open();
    opened.push(ports);
    const registry = await createRegistry(ports.org);
    const { tree } = registry;
    const [now, calendar] = [() => time, createCalendar('Asia/Shanghai')];
    const book = await openAlertBook({ store: ports.alerts, tree, calendar, now });
    let ids = 0;
    const newId = (kind: string) => `${kind}-${holder}-${++ids}`;
    const zoned = createZonedTime('Asia/Shanghai');
    const watch = await openAlertWatch({
      ...{ store: ports.alerts, book, tree, calendar, now, monotonic: now, newId: () => newId('a') },
      isOnline: (id) => online.has(id),
      lastSeenAt: () => BASE,
      hoursOf: () => null,
      votes: {
        counts: () => ({ satisfied: 10, basically: 0, unsatisfied: 0 }),
        hasMoved: () => false,
        movedTo: () => null,
      },
      goal: () => ({ target: 0.85, minimum: 30, confidence: 0.95 }),
      completenessOf: (id) => ({ pending: id === 'w1' ? pending : 0 }) as Completeness,
      heldSummary: async () =>
        held === null
          ? []
          : [{ terminalId: 't-2', reason: 'x', count: 4, firstAt: held.oldest, lastAt: time }],
      waitingReviews: async () => [],
      decided: await followDecidedWindows(ports),
      told: createAnnouncer({
        ...{ tree, book, zonedOf: () => zoned, now, newId: () => newId('ad'), dropped() {} },
        holdsBack: () => true,
      }),
    });
    const courier = createCourier({
      ...{ store: ports.alertTargets, now, chance: () => 1, gaveUp() {} },
      async send(_target, _sealed, { id, event }) {
        sent.push({ id, by: holder, event });
      },
      failed(error) {
        throw error;
      },
    });
    const once: Once = createOnce({ leases: ports.leases, holder, lost() {} });
    const failed = (error: Error) => {
      throw error;
    };
    return {
      ...{ holder, ports, release: once.release },
      async round() {
        await once.run(watchAlerts({ isDue: watch.isDue, act: watch.act, failed }));
        await once.run(deliverAlerts({ isDue: courier.isDue, deliver: courier.deliver, failed }));
      },
    };
  };
  /** Both at once, as they would; moved on so far. */
  const moveOn = async (minutes: number, those = gateways) => {
    time += minutes * MINUTE;
    for (let round = 0; round < 2; round++) await Promise.all(those.map((one) => one.round()));
  };
  const alerts = async (state: 'open' | 'closed') => {
    const found = await (gateways[0] as (typeof gateways)[0]).ports.alerts.list({ states: [state] }, 100);
    return found.map(({ kind, node }) => `${kind}/${node}`).sort();
  };

  beforeEach(async () => {
    home = await createHome();
    [time, online, pending, held, sent] = [BASE, new Set(['t-1', 't-2']), 0, null, []];
    const ports = await home.open();
    opened.push(ports);
    await addSmallTown(ports);
    await ports.alerts.change(async (tx) => {
      const silent = {
        afterMinutes: 10,
        backMinutes: 2,
        assumesOpen: true,
        outageShare: 0.6,
        outageEndsShare: 0.3,
      };
      await tx.addRules({
        ...{
          nodeId: 'unit:town',
          version: 1,
          validFrom: '2026-01-01',
          validTo: null,
          reason: 'x',
          madeAt: BASE,
          madeBy: 'x',
        },
        settings: {
          silent: { ...silent, outageWithinMinutes: 5, outageTerminals: 3, isUrgent: false },
          pending: { afterMinutes: 60, isUrgent: false },
          review: { afterMinutes: 60, isUrgent: false },
        },
      });
      return tx.audited({ ...LINE, action: 'test' }, undefined);
    });
    await ports.alertTargets.change(async (tx) => {
      await tx.add({
        ...{ id: 'at-1', channel: 'webhook', name: '值班', address: 'https://example.org/', unitId: 'town' },
        ...{ kinds: null, language: 'zh', madeAt: BASE, madeBy: 'x', sealed: null },
      });
      return tx.audited({ ...LINE, action: 'test' }, undefined);
    });
    gateways = [await open('one'), await open('other')];
  });
  afterEach(async () => {
    for (const ports of opened.splice(0)) await ports.close();
    await home.dispose();
  });

  it('open each once and tell each once, whoever finds it', async () => {
    await moveOn(0);
    online.delete('t-1');
    [pending, held] = [3, { oldest: BASE }];
    await moveOn(1);
    await moveOn(70);
    const all = ['review-waiting/unit:town', 'terminal-silent/terminal:t-1', 'votes-pending/window:w1'];
    expect(await alerts('open')).toEqual(all);
    // One a round of each target, in order.
    await moveOn(1);
    expect(sent.map(({ event }) => event)).toEqual(Array(3).fill('alert.opened'));
    expect(new Set(sent.map(({ id }) => id)).size).toBe(3);
    online.add('t-1');
    [pending, held] = [0, null];
    await moveOn(1);
    await moveOn(3);
    await moveOn(1);
    await moveOn(1);
    expect([await alerts('open'), await alerts('closed')]).toEqual([[], all]);
    expect(sent.map(({ event }) => event)).toEqual([
      ...Array(3).fill('alert.opened'),
      ...Array(3).fill('alert.closed'),
    ]);
    expect(new Set(sent.map(({ id }) => id)).size).toBe(6);
  });

  it('are one another: what one has opened and left, the other tells, counts on and closes', async () => {
    const [one, other] = gateways as [(typeof gateways)[0], (typeof gateways)[0]];
    await moveOn(0);
    online.delete('t-1');
    await moveOn(1, [one]);
    await moveOn(20, [one]);
    expect(await alerts('open')).toEqual(['terminal-silent/terminal:t-1']);
    expect(sent.map(({ by }) => by)).toEqual(['one']);
    // It has still the lease: as long as that is so, nobody else writes.
    online.add('t-1');
    await moveOn(1, [other]);
    await moveOn(3, [other]);
    expect(await alerts('open')).toEqual(['terminal-silent/terminal:t-1']);
    await one.release();
    await moveOn(1, [other]);
    await moveOn(1, [other]);
    expect(await alerts('closed')).toEqual(['terminal-silent/terminal:t-1']);
    expect(sent.map(({ by, event }) => [by, event])).toEqual([
      ['one', 'alert.opened'],
      ['other', 'alert.closed'],
    ]);
  });
});
