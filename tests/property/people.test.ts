/** Whatever is done in whatever order: somebody can still sign in as administrator, and a subtree is a world of its own. */
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCalendar, MINUTE_MS } from '../../gateway/domain/calendar.ts';
import { UNKNOWN } from '../../gateway/domain/completeness.ts';
import { buildTree, comparedUnits, type OrgTree, subtreeOf } from '../../gateway/domain/org.ts';
import { ScoreBook } from '../../gateway/domain/score-book.ts';
import { createBoard } from '../../gateway/live/board.ts';
import { patchOf } from '../../gateway/live/change.ts';
import { FLUSH_MS, openFeed } from '../../gateway/live/feed.ts';
import { createPlaces } from '../../gateway/live/places.ts';
import { createAccounts } from '../../gateway/people/accounts.ts';
import { createPasswords } from '../../gateway/people/passwords.ts';
import { PeopleRefusal } from '../../gateway/people/refusal.ts';
import { createSignInThrottle } from '../../gateway/people/sign-in-throttle.ts';
import type { By } from '../../gateway/store/changes.ts';
import type { SqliteStore } from '../../gateway/store/sqlite/sqlite-store.ts';
import type { Snapshot } from '../../protocol/live.ts';
import { ROLES } from '../../protocol/session.ts';
import { figures } from '../support/figures.ts';
import { createStoreHome, type StoreHome } from '../support/store.ts';
import { plant } from '../support/tree.ts';

const BY: By = { actor: { kind: 'cli', user: 'test' }, origin: 'local' };

describe('accounts', () => {
  let home: StoreHome;
  let store: SqliteStore;
  beforeAll(async () => {
    home = createStoreHome();
    store = home.open();
    await plant(store, { units: [{ id: 'city', name: '市' }] });
  });
  afterAll(() => {
    store.close();
    home.dispose();
  });

  it('never lose their last administrator, and are never bound to a unit by half', async () => {
    const passwords = createPasswords({ costLog2: 4, blockSize: 8, parallel: 1 });
    const throttle = createSignInThrottle(Date.now);
    const people = store.people;
    const accounts = createAccounts({ store: people, passwords, throttle, now: Date.now });
    const NAMES = ['a1', 'b2', 'c3', 'd4'];
    await accounts.ensureFirst('a1', 'the very first of all');
    for (const name of NAMES.slice(1))
      await accounts.add(BY, { name, displayName: name, role: 'operator', unitId: null });
    const step = fc.record({
      name: fc.constantFrom(...NAMES, 'nobody'),
      role: fc.constantFrom(undefined, ...ROLES),
      unitId: fc.constantFrom(undefined, null, 'city', 'nowhere'),
      disabled: fc.constantFrom(undefined, true, false),
    });
    let [taken, refused] = [0, 0];
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        for (const { name, ...edit } of steps) {
          const before = await people.accounts();
          const audited = (await store.audit.head())?.seq;
          try {
            await accounts.change(BY, name, edit);
            taken += 1;
          } catch (error) {
            if (!(error instanceof PeopleRefusal) && (error as { code?: string }).code !== 'unit-unknown')
              throw error;
            refused += 1;
            // A refusal leaves no trace.
            expect(await people.accounts()).toEqual(before);
            expect((await store.audit.head())?.seq).toBe(audited);
          }
          const now = await people.accounts();
          expect(now.some(({ role, disabledAt }) => role === 'administrator' && disabledAt === null)).toBe(
            true,
          );
          for (const { role, unitId } of now) expect(unitId !== null).toBe(role === 'unit-manager');
        }
      }),
      { numRuns: 60 },
    );
    expect(taken).toBeGreaterThan(50);
    expect(refused).toBeGreaterThan(50);
  });
});

/** A tree of up to ten units, each below an earlier one, and up to two windows in each. */
const trees = fc
  .array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 2 })), { minLength: 2, maxLength: 10 })
  .map((shape) => {
    const units = shape.map(([parent], at) => {
      return { key: at + 1, id: `u${at}`, name: `unit ${at}`, parentId: at === 0 ? null : `u${parent % at}` };
    });
    let key = 0;
    const windows = shape.flatMap(([, count], at) =>
      Array.from({ length: count }, () => {
        key += 1;
        return { key, id: `w${key}`, unitId: `u${at}`, name: `window ${key}` };
      }),
    );
    return buildTree(
      units,
      windows,
      windows.map(({ key: of, id }) => ({ key: of, id: `t${of}`, windowId: id })),
    );
  });

describe('a subtree', () => {
  it('holds what is below its top, and nothing else', () => {
    fc.assert(
      fc.property(trees, fc.nat(), (tree, pick) => {
        const top = tree.units[pick % tree.units.length]?.id as string;
        const isBelow = (id: string | null): boolean =>
          id !== null && (id === top || isBelow(tree.unitById.get(id)?.parentId ?? null));
        const subtree = subtreeOf(tree, top);
        expect(subtree.units.map(({ id }) => id).sort()).toEqual(
          tree.units
            .map(({ id }) => id)
            .filter(isBelow)
            .sort(),
        );
        expect(subtree.windows.map(({ id }) => id)).toEqual(
          tree.windows.filter(({ unitId }) => isBelow(unitId)).map(({ id }) => id),
        );
        expect(subtree.units[0]).toMatchObject({ id: top, parentId: null });
        for (const { id } of subtree.units) expect(subtree.pathOf.get(id)?.[0]).toBe(`unit ${top.slice(1)}`);
        expect([...subtree.terminalsOf.values()].flat()).toHaveLength(subtree.windows.length);
        expect(subtreeOf(tree, top)).toBe(subtree);
      }),
    );
    const empty = subtreeOf(buildTree([], [], []), 'gone');
    expect([empty.units, empty.windows]).toEqual([[], []]);
  });
});

describe('the stream of a subtree', () => {
  // A change is told some time after it has happened: that time is in our hands.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
  afterEach(() => void vi.useRealTimers());

  type Vote = { kind: 'vote'; times: number; window: number; rating: 0 | 1 | 2; minutesAgo: number };
  type Step = Vote | { kind: 'flush' } | { kind: 'minute' } | { kind: 'replace' };
  const steps: fc.Arbitrary<Step[]> = fc.array(
    fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record({
          kind: fc.constant('vote' as const),
          // More than a ticker holds: those of one subtree must not hide those of another.
          times: fc.constantFrom(1, 1, 1, 40),
          window: fc.nat(),
          rating: fc.constantFrom(0 as const, 1 as const, 2 as const),
          minutesAgo: fc.constantFrom(0, 0, 0, 1, 30, 90),
        }),
      },
      { weight: 4, arbitrary: fc.constant({ kind: 'flush' as const }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'minute' as const }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'replace' as const }) },
    ),
    { maxLength: 60 },
  );

  /** Folds what a wall is sent, as a wall does. */
  const follow = (snapshot: Snapshot) => {
    const rows = new Map([...snapshot.units, ...snapshot.windows].map((row) => [row.id, row]));
    const trend = new Map(snapshot.trend.map((minute) => [minute.minute, minute]));
    const places = new Map(snapshot.places.map((one) => [one.unitId, one.place]));
    return { revision: snapshot.revision, rows, places, trend, ticker: snapshot.ticker };
  };

  it('leads to its snapshot, which is a recount of its own votes, and says nothing when nothing of its own happens', async () => {
    await fc.assert(
      fc.asyncProperty(trees, fc.nat(), steps, async (tree: OrgTree, pick, script) => {
        let at = 1_795_000_000_000;
        const now = () => at;
        const calendar = createCalendar('Asia/Shanghai');
        const book = new ScoreBook(calendar);
        const presence = { isOnline: () => false, lastSeenAt: () => null };
        const completenessOf = () => UNKNOWN;
        const board = createBoard({
          tree: () => tree,
          book,
          excludedBook: new ScoreBook(calendar),
          discountedBooks: [],
          figures,
          presence,
          isClockApart: () => false,
          completenessOf,
        });
        const feed = await openFeed({
          board,
          book,
          calendar,
          tree: () => tree,
          now,
          instance: 'i',
          figures,
          places: createPlaces(figures),
          newestVotes: async () => [],
        });
        const top = tree.units[pick % tree.units.length]?.id as string;
        const subtree = subtreeOf(tree, top);
        const stream = feed.stream(top);
        await stream.ready;
        let wall = follow(stream.snapshot());
        const counted = new Map<string, number>();
        const ownVotes: { windowId: string; at: number }[] = [];
        /** Own votes have come since places were last looked at. */
        let isToBePlaced = false;
        feed.listen({
          isHeard: () => true,
          changed(change) {
            const own = stream.narrow(change);
            const hasVotes = change.votes.some(({ windowId }) => subtree.windowById.has(windowId));
            isToBePlaced ||= hasVotes;
            const isOwn =
              hasVotes ||
              (change.placesAreDue && isToBePlaced) ||
              [...change.trend.keys()].some((minute) => !wall.trend.has(minute));
            if (!isOwn) expect(own).toBeNull();
            if (change.placesAreDue) isToBePlaced = false;
            if (!own) return;
            const patch = patchOf(own, at);
            expect(patch.from).toBe(wall.revision);
            for (const row of [...patch.units, ...patch.windows]) wall.rows.set(row.id, row);
            for (const { unitId, place } of patch.places) wall.places.set(unitId, place);
            for (const minute of patch.trend) wall.trend.set(minute.minute, minute);
            wall.ticker = [...patch.ticker, ...wall.ticker].slice(0, 30);
            wall.revision = patch.revision;
          },
          replaced() {
            stream.replaced();
            wall = follow(stream.snapshot());
          },
        });
        const isToday = (time: number) => calendar.dayOf(time) === calendar.dayOf(at);
        for (const step of script) {
          if (step.kind === 'vote' && tree.windows.length > 0) {
            const { key, id } = tree.windows[
              step.window % tree.windows.length
            ] as (typeof tree.windows)[number];
            const time = at - step.minutesAgo * MINUTE_MS;
            for (let times = 0; times < step.times; times++) {
              book.add(key, step.rating, time);
              if (isToday(time)) counted.set(id, (counted.get(id) ?? 0) + 1);
              if (subtree.windowById.has(id)) ownVotes.push({ windowId: id, at: time });
              feed.voted({
                ...{
                  journalKey: 1,
                  seq: 1,
                  channel: 0 as const,
                  windowKey: key,
                  rating: step.rating,
                  at: time,
                },
                ...{ clock: 0, boot: 'b', mono: 0, receivedAt: at },
              });
            }
          } else if (step.kind === 'minute') {
            at += MINUTE_MS;
            feed.tick();
          } else if (step.kind === 'flush') vi.advanceTimersByTime(2 * FLUSH_MS);
          else if (step.kind === 'replace') feed.replaced();
        }
        vi.advanceTimersByTime(2 * FLUSH_MS);
        // Places follow within a second.
        feed.tick();
        vi.advanceTimersByTime(2 * FLUSH_MS);
        feed.stop();
        const final = follow(stream.snapshot());
        expect(wall.rows).toEqual(final.rows);
        expect(wall.places).toEqual(final.places);
        expect([...final.places.keys()]).toEqual(comparedUnits(subtree).map(({ id }) => id));
        expect(wall.ticker).toEqual(final.ticker);
        expect(wall.ticker.map(({ windowId, at: time }) => ({ windowId, at: time }))).toEqual(
          ownVotes.slice(-30).reverse(),
        );
        const ids = wall.ticker.map(({ id }) => id);
        expect(ids).toEqual([...new Set(ids)].sort((a, b) => b - a));
        for (const [minute, counts] of final.trend) expect(wall.trend.get(minute)).toEqual(counts);
        for (const row of final.rows.values())
          if (row.kind === 'window') expect(row.votes).toBe(counted.get(row.id) ?? 0);
        const own = [...counted].filter(([id]) => subtree.windowById.has(id));
        expect(final.rows.get(top)?.votes).toBe(own.reduce((sum, [, votes]) => sum + votes, 0));
        expect(final.rows.get(top)?.parentId).toBeNull();
      }),
      { numRuns: 150 },
    );
  });
});
