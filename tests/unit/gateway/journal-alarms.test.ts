/** Votes in journals put away: how many the gateway says there are, and what a restart of it leaves. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHealthReports } from '../../../gateway/fleet/inbox.ts';
import { createJournalAlarms, readPutAway } from '../../../gateway/fleet/journal-alarms.ts';
import type { SqliteStore } from '../../../gateway/store/sqlite/sqlite-store.ts';
import type { Health, SetAside } from '../../../protocol/health.ts';
import { createStoreHome, type StoreHome } from '../../support/store.ts';
import { addSmallTown } from '../../support/tree.ts';

const health = (setAside?: SetAside[]): Health => ({
  uptimeS: 1,
  clock: 'ntp',
  journal: { depth: 0, kept: 0, ...(setAside && { setAside }) },
  inputs: [],
});
const aside = (id: string, more: Partial<SetAside> = {}): SetAside => ({
  id,
  at: 1_795_000_000_000,
  reason: 'corrupt',
  ...more,
});

let at = 1_795_000_000_000;
let home: StoreHome;
let store: SqliteStore;
beforeEach(async () => {
  home = createStoreHome();
  store = home.open();
  await addSmallTown(store);
});
afterEach(() => {
  store.close();
  home.dispose();
});

async function start() {
  const touched: string[] = [];
  const told: string[] = [];
  const elsewhere = new Set<string>();
  const alarms = createJournalAlarms({
    reports: createHealthReports(() => 0),
    now: () => at,
    monotonic: () => 0,
    isElsewhere: (terminalId) => elsewhere.has(terminalId),
    remembered: await readPutAway(store.commands, await store.org.terminals()),
    changed: (terminalId) => told.push(terminalId),
    setAsideChanged: (terminalId) => touched.push(terminalId),
  });
  const keep = () =>
    alarms.save((reports) =>
      store.commands.notePutAway(
        reports.map(({ terminalId: _, ...report }) => ({ terminalKey: 1, ...report })),
        at,
      ),
    );
  const follow = async () => alarms.follow(await readPutAway(store.commands, await store.org.terminals()));
  return { ...alarms, keep, follow, touched, told, elsewhere };
}

describe('votes in journals put away', () => {
  it('are summed; where the terminal does not know, a journal is at least one', async () => {
    const alarms = await start();
    alarms.take('t-1', health([aside('aaaaaaaa', { unsent: 41 }), aside('bbbbbbbb')]));
    expect(alarms.setAsideVotes('t-1')).toBe(42);
    expect(alarms.setAsideVotes('t-2')).toBe(0);
    expect(alarms.setAside()).toBe(2);
    expect(alarms.touched).toEqual(['t-1']);
  });

  it('wait for nobody once they are sent or written off', async () => {
    const alarms = await start();
    alarms.take('t-1', health([aside('aaaaaaaa', { unsent: 41, state: 'sending' })]));
    expect(alarms.setAsideVotes('t-1')).toBe(41);
    alarms.take('t-1', health([aside('aaaaaaaa', { unsent: 41, state: 'sent' })]));
    expect(alarms.setAsideVotes('t-1')).toBe(0);
    alarms.take('t-1', health([aside('aaaaaaaa', { unsent: 41, state: 'dropped' })]));
    expect(alarms.setAside()).toBe(0);
    expect(alarms.journalsOf('t-1')).toHaveLength(1);
    expect(alarms.touched).toEqual(['t-1', 't-1']);
  });

  it('and what it cannot take, of a terminal that is at another gateway, are counted there', async () => {
    const alarms = await start();
    const ill = health([]);
    alarms.take('t-1', { ...ill, journal: { ...ill.journal, fault: 'journal-full' } });
    expect(alarms.unable()).toBe(1);
    alarms.elsewhere.add('t-1');
    expect(alarms.unable()).toBe(0);
  });

  it('are known again after a restart, until the terminal says otherwise', async () => {
    const before = await start();
    before.take('t-1', health([aside('aaaaaaaa', { unsent: 3 })]));
    await before.keep();
    const after = await start();
    expect(after.setAsideVotes('t-1')).toBe(3);
    after.take('t-1', health([aside('aaaaaaaa', { unsent: 3 })]));
    expect([after.touched, after.told]).toEqual([[], []]);
    after.take('t-1', health());
    await after.keep();
    expect(after.setAsideVotes('t-1')).toBe(0);
    expect(await store.commands.putAway()).toMatchObject([{ terminalKey: 1, journals: [] }]);
    expect((await start()).setAsideVotes('t-1')).toBe(0);
  });

  it('that could not be kept are kept the next time', async () => {
    const alarms = await start();
    alarms.take('t-1', health([aside('aaaaaaaa', { unsent: 3 })]));
    const fail = () => Promise.reject(new Error('no room'));
    await expect(alarms.save(fail)).rejects.toThrow('no room');
    await alarms.keep();
    expect(await store.commands.putAway()).toMatchObject([{ terminalKey: 1, journals: [{ unsent: 3 }] }]);
  });

  it('are known at a gateway that has not heard of them itself, as whoever heard last has', async () => {
    const [one, other] = [await start(), await start()];
    one.take('t-1', health([aside('aaaaaaaa', { unsent: 3 })]));
    await one.keep();
    await other.follow();
    expect([other.setAsideVotes('t-1'), other.touched, other.told]).toEqual([3, ['t-1'], []]);
    at += 1;
    other.take('t-1', health());
    await other.keep();
    await one.follow();
    expect([one.setAsideVotes('t-1'), one.setAside(), one.journalsOf('t-1')]).toEqual([0, 0, []]);
    await one.follow();
    expect(one.touched).toEqual(['t-1', 't-1']);
  });

  it('are put right in the store by the gateway that heard later, when another one writes late', async () => {
    const [one, other] = [await start(), await start()];
    one.take('t-1', health([aside('aaaaaaaa', { unsent: 3 })]));
    at += 1;
    // It has never known of any, so it has nothing to say of it.
    other.take('t-1', health());
    await other.keep();
    await one.keep();
    await other.follow();
    expect([other.setAsideVotes('t-1'), other.touched]).toEqual([0, []]);
    await other.keep();
    await one.follow();
    expect(one.setAsideVotes('t-1')).toBe(0);
    expect(await store.commands.putAway()).toMatchObject([{ terminalKey: 1, journals: [] }]);
  });
});
