/** Detectors look at one window after another, and everything else has its turn in between. Promise D. */
import { expect, it } from 'vitest';
import { createCalendar } from '../../../gateway/domain/calendar.ts';
import { buildTree } from '../../../gateway/domain/org.ts';
import { createLooker } from '../../../gateway/review/looker.ts';
import type { Looked, ReviewsStore } from '../../../gateway/store/reviews.ts';

const WINDOWS = [1, 2, 3, 4, 5];

it('votes are taken between two windows, also where every answer of the store is there at once', async () => {
  const looked: Looked[] = [];
  const store: Pick<ReviewsStore, 'dueWindows' | 'quarters' | 'daysLooked' | 'noteLooked'> = {
    dueWindows: async () => WINDOWS,
    quarters: async () => [],
    daysLooked: async () => [],
    noteLooked: async (looks) => void looked.push(...looks),
  };
  const looker = createLooker({
    store: store as ReviewsStore,
    tree: () => buildTree([], [], []),
    calendar: createCalendar('Asia/Shanghai'),
    now: () => Date.UTC(2026, 10, 28, 4),
    monotonic: () => 0,
    closedAt: () => null,
  });
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await looker.look({ name: 'look-for-misuse', holder: 'this', token: 1 });
  isOver = true;
  expect(looked.map(({ windowKey }) => windowKey)).toEqual(WINDOWS);
  expect(turns).toBeGreaterThanOrEqual(WINDOWS.length - 1);
});
