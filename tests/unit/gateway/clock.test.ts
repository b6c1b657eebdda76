/** What measures a span does not hear of a clock that is set; what dates says that it was. */
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRateStore } from '../../../gateway/api/border/rate-store.ts';
import { createCalendar } from '../../../gateway/domain/calendar.ts';
import { createClockAlarms } from '../../../gateway/fleet/clock-alarms.ts';
import { createPeople } from '../../../gateway/people/people.ts';
import { createSessions } from '../../../gateway/people/sessions.ts';
import { readTreeThen } from '../../../gateway/scores/kept-tree-then.ts';
import { openScoreKeeper } from '../../../gateway/scores/score-keeper.ts';
import { createClockWatch } from '../../../gateway/watch/clock-watch.ts';
import { authorityOf } from '../../support/certificates.ts';
import { addAccount } from '../../support/change-people.ts';
import { batchOf } from '../../support/ledger-home.ts';
import { createStoreHome, voteRecord } from '../../support/store.ts';
import { addSmallTown } from '../../support/tree.ts';

const NOON = Date.UTC(2026, 10, 25, 4);
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

function createClock() {
  const clock = { wall: NOON, mono: 0 };
  return {
    now: () => clock.wall,
    monotonic: () => clock.mono,
    pass(ms: number) {
      clock.wall += ms;
      clock.mono += ms;
    },
    set(byMs: number) {
      clock.wall += byMs;
    },
  };
}

describe('the watch on the clock', () => {
  it('counts and tells steps either way, and none where the clock only drifts', () => {
    const { now, monotonic, pass, set } = createClock();
    const told: number[] = [];
    const stepped: number[] = [];
    const log = { warn: ({ stepMs }: { stepMs: number }) => told.push(stepMs) } as never;
    const watch = createClockWatch({ now, monotonic, log, stepped: (ms) => stepped.push(ms) });
    for (const [by, expected] of [
      [0, 0],
      [1_500, 0],
      [-1_900, 0],
      [-8 * HOUR_MS, 1],
      [30_000, 2],
      [0, 2],
    ] as const) {
      pass(1_000);
      set(by);
      watch.look();
      expect(watch.steps()).toBe(expected);
    }
    expect(told).toEqual([-8 * HOUR_MS, 30_000]);
    expect(stepped).toEqual(told);
    expect(watch.lastStepMs()).toBe(30_000);
  });

  it('fills no log when the clock is set for ever', () => {
    const { now, monotonic, pass, set } = createClock();
    let told = 0;
    const log = { warn: () => (told += 1) } as never;
    const watch = createClockWatch({ now, monotonic, log, stepped: () => {} });
    for (let n = 0; n < 1_000; n++) {
      pass(1_000);
      set(n % 2 ? 60_000 : -60_000);
      watch.look();
    }
    expect(watch.steps()).toBe(1_000);
    expect(told).toBeLessThan(30);
  });
});

describe('the rate of requests', () => {
  it('is a number of them in a window, a caller, and forgets whoever asked longest ago', () => {
    const { monotonic, pass } = createClock();
    const store = new (createRateStore(monotonic, 2))({} as never);
    const ask = (caller: string) => {
      let answer: { current: number; ttl: number } | undefined;
      store.incr(caller, (_error, result) => (answer = result), 10_000, 5);
      return answer;
    };
    expect(ask('a')).toEqual({ current: 1, ttl: 10_000 });
    pass(4_000);
    expect(ask('a')).toEqual({ current: 2, ttl: 6_000 });
    pass(6_000);
    expect(ask('a')).toEqual({ current: 1, ttl: 10_000 });
    ask('b');
    ask('a');
    ask('c');
    expect(ask('a')?.current).toBe(3);
    expect(ask('b')?.current).toBe(1);
  });
});

describe('a session', () => {
  const limits = { absoluteMs: 12 * HOUR_MS, idleMs: 2 * HOUR_MS };
  const account = {
    name: 'a',
    displayName: 'A',
    role: 'operator' as const,
    unitId: null,
    passwordHash: 'x',
    mustChangePassword: false,
    createdAt: NOON,
    disabledAt: null,
  };

  it.each([
    ['forward', 30 * 24 * HOUR_MS],
    ['back', -30 * 24 * HOUR_MS],
  ])('neither ends nor lasts longer when the clock is set %s', async (_way, step) => {
    const home = createStoreHome();
    const store = home.open();
    const { now, monotonic, pass, set } = createClock();
    await addAccount(store.people, account);
    const { sessions, save } = await createPeople({ store: store.people, now, monotonic, limits });
    const { token, id } = await sessions.open(account, '127.0.0.1', '');
    set(step);
    await save();
    expect(await sessions.find(token)).not.toBeNull();
    pass(HOUR_MS);
    sessions.used(id);
    await save();
    pass(limits.idleMs - 1);
    expect(await sessions.find(token)).not.toBeNull();
    pass(1);
    expect(await sessions.find(token)).toBeNull();
    // It is kept a while longer: it may have been used at another gateway.
    pass(HOUR_MS);
    await save();
    expect(await store.people.sessions(null)).toEqual([]);
    home.dispose();
  });

  it('of before a restart, with the clock set back meanwhile, goes on from then', async () => {
    const home = createStoreHome();
    const store = home.open();
    const { now, monotonic, pass, set } = createClock();
    await addAccount(store.people, account);
    const before = await createSessions(store.people, limits, now, monotonic);
    const { token } = await before.open(account, '127.0.0.1', '');
    set(-8 * HOUR_MS);
    const after = await createSessions(store.people, limits, now, monotonic);
    expect(await after.find(token)).not.toBeNull();
    pass(limits.idleMs);
    expect(await after.find(token)).toBeNull();
    home.dispose();
  });
});

describe('the score book', () => {
  const calendar = createCalendar('Asia/Shanghai');

  it.each([
    ['a second', 1_000],
    ['40 minutes', 40 * MINUTE_MS],
    ['8 hours', 8 * HOUR_MS],
    ['40 days', 40 * 24 * HOUR_MS],
    ['a year', 365 * 24 * HOUR_MS],
  ])(
    'after a clock that was %s ahead counts what a recount counts, then and when that time comes',
    async (_name, ahead) => {
      const home = createStoreHome();
      const store = home.open();
      await addSmallTown(store, 1);
      const [terminal] = await store.org.terminals();
      const journalKey = (await store.ledger.openJournal(terminal!.key, 'a'.repeat(32))).key;
      const windowKey = 1;
      const { now, pass, set } = createClock();
      const { scores, ledger } = store;
      const live = await openScoreKeeper({ scores, calendar, treeThen: readTreeThen(store.org), now });
      let seq = 0;
      const all: number[] = [];
      const vote = async (at: number) => {
        seq += 1;
        await ledger.commit(batchOf({ votes: [voteRecord({ journalKey, seq, at })] }));
        live.book.add(windowKey, 0, at);
        all.push(at);
      };
      const expectEqual = () => {
        const minute = Math.floor(now() / MINUTE_MS);
        const today = calendar.dayOf(now());
        const count = (isIn: (at: number) => boolean) => all.filter(isIn).length;
        const sum = (period: '60m' | 'today' | '7d') => live.book.counts(windowKey, period, now()).satisfied;
        const of = (at: number) => Math.floor(at / MINUTE_MS);
        expect(sum('60m')).toBe(count((at) => of(at) > minute - 60 && of(at) <= minute));
        expect(sum('today')).toBe(count((at) => calendar.dayOf(at) === today));
        expect(sum('7d')).toBe(count((at) => calendar.dayOf(at) <= today && calendar.dayOf(at) > today - 7));
      };
      for (let n = 0; n < 80; n++) {
        await vote(now());
        pass(MINUTE_MS);
      }
      set(ahead);
      await live.reload();
      for (let n = 0; n < 80; n++) {
        await vote(now());
        pass(MINUTE_MS);
        expectEqual();
      }
      set(-ahead);
      await live.reload();
      for (let n = 0; n < 200; n++) {
        if (live.isDue()) await live.reload();
        await vote(now());
        expectEqual();
        pass(7 * MINUTE_MS);
      }
      // On to the time that was shown too early.
      if (ahead > 24 * HOUR_MS) pass(ahead - 30 * HOUR_MS);
      for (let n = 0; n < 400; n++) {
        if (live.isDue()) await live.reload();
        expectEqual();
        pass(7 * MINUTE_MS);
      }
      home.dispose();
    },
  );
});

describe('the alarm of clocks that disagree', () => {
  it('hears the hello and the health report, and is over when neither says so', () => {
    const told: (number | null)[] = [];
    const alarms = createClockAlarms({
      changed: (_terminalId, apartMs) => told.push(apartMs),
      gatewayDoubted: () => {},
    });
    alarms.heard('t-1', null);
    alarms.reported('t-1', -3_600_000);
    alarms.reported('t-1', -3_600_000);
    // It dates by the gateway's time, so its hello agrees.
    alarms.heard('t-1', null);
    expect([alarms.count(), alarms.isApart('t-1'), alarms.isApart('t-2')]).toEqual([1, true, false]);
    alarms.reported('t-1', null);
    expect(alarms.count()).toBe(0);
    expect(told).toEqual([-3_600_000, null]);
  });
});

describe('the certificate for HTTPS', () => {
  it('that was made while the clock was ahead is made anew when it is right', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'manyi-pki-'));
    const at = { now: NOON + 400 * 24 * HOUR_MS };
    const authority = await authorityOf(folder, undefined, () => at.now);
    const early = new X509Certificate((await authority.httpsCredentials(['localhost'])).cert);
    at.now = NOON;
    const right = new X509Certificate((await authority.httpsCredentials(['localhost'])).cert);
    expect(Date.parse(early.validFrom)).toBeGreaterThan(NOON);
    expect(Date.parse(right.validFrom)).toBeLessThan(NOON);
    rmSync(folder, { recursive: true, force: true });
  });
});
