/** Detectors look at one window after another, and everything else has its turn in between. Promise D. */
import { expect, it } from 'vitest';
import { createCalendar } from '../../../gateway/domain/calendar.ts';
import { buildTree } from '../../../gateway/domain/org.ts';
import { createLooker } from '../../../gateway/review/looker.ts';
import type { Looked, ReviewsStore } from '../../../gateway/store/reviews.ts';

const WINDOWS = [1, 2, 3, 4, 5];
const NOON = Date.UTC(2026, 10, 28, 4);
const YESTERDAY = NOON - 24 * 3_600_000;
const LEASE = { name: 'look-for-misuse', holder: 'this', token: 1 };

/** A hall of five windows, whose store answers at once; each time it is asked it says in which turn that was. */
function lookerAt(now: number, due: readonly number[] = WINDOWS) {
  const looked: Looked[] = [];
  const read: { windowKey: number; turn: number }[] = [];
  let turns = 0;
  let isOver = false;
  const store: Pick<ReviewsStore, 'dueWindows' | 'quarters' | 'presses' | 'daysLooked' | 'noteLooked'> = {
    dueWindows: async () => [...due],
    quarters: async (windowKey) => {
      read.push({ windowKey, turn: turns });
      return [{ quarterStart: YESTERDAY, votes: [5, 1, 1], counted: [5, 1, 1] }];
    },
    presses: async () => [],
    daysLooked: async () => [],
    noteLooked: async (looks) => void looked.push(...looks),
  };
  const windows = WINDOWS.map((key) => ({ key, id: `w${key}`, unitId: 'hall', name: `${key}号窗口` }));
  let monotonic = 0;
  const looker = createLooker({
    store: store as ReviewsStore,
    tree: () => buildTree([{ key: 1, id: 'hall', parentId: null, name: '大厅' }], windows, []),
    calendar: createCalendar('Asia/Shanghai'),
    now: () => now,
    monotonic: () => monotonic,
    closedAt: () => null,
  });
  const count = () => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  return {
    ...{ looker, looked, read },
    passes: (ms: number) => {
      monotonic += ms;
    },
    end: () => {
      isOver = true;
      return turns;
    },
  };
}

it('votes are taken between two windows, also where every answer of the store is there at once', async () => {
  const { looker, looked, end } = lookerAt(NOON);
  await looker.look(LEASE);
  expect(looked.map(({ windowKey }) => windowKey)).toEqual(WINDOWS);
  expect(end()).toBeGreaterThanOrEqual(WINDOWS.length - 1);
});

it('votes are taken between two siblings, and what each has is read once for its hall', async () => {
  const { looker, read, end } = lookerAt(NOON);
  await looker.look(LEASE);
  end();
  expect(read.map(({ windowKey }) => windowKey)).toEqual(WINDOWS);
  expect(new Set(read.map(({ turn }) => turn)).size).toBe(WINDOWS.length);
});

it('what was read before a late vote came is read again', async () => {
  const { looker, looked, read, passes, end } = lookerAt(NOON, [1]);
  await looker.look(LEASE);
  expect(read.splice(0).map(({ windowKey }) => windowKey)).toEqual(WINDOWS);
  looker.voted(1, YESTERDAY);
  passes(3_000);
  await looker.look(LEASE);
  end();
  expect(looked.map(({ windowKey }) => windowKey)).toEqual([1, 1]);
  expect(read.map(({ windowKey }) => windowKey)).toEqual([1]);
});
