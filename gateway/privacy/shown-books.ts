/** The books that a board of the shown is made of: in steps where that is on, as votes come where it is off. */
import type { BoardBook } from '../live/board.ts';
import type { ShownVotes } from './shown-votes.ts';

export type ShownBooks = {
  book: BoardBook;
  /** What is excluded or discounted is a vote or two: of windows in steps nothing is told of it. */
  withoutStepped(live: BoardBook): BoardBook;
};

/** A step tells of so many votes of a window at once: to part them between two units would tell of fewer. */
const AS_THEY_STAND: Pick<BoardBook, 'hasMoved' | 'movedTo' | 'unitsBefore'> = {
  hasMoved: () => false,
  movedTo: () => null,
  unitsBefore: () => [],
};

export function shownBooks(live: BoardBook, shown: ShownVotes): ShownBooks {
  return {
    book: {
      ...AS_THEY_STAND,
      counts: (windowKey, period, now) =>
        (shown.isStepped(windowKey) ? shown.book : live).counts(windowKey, period, now),
      // Not when a block was closed either: one that stays dark would be told by it.
      lastVoteAt: (windowKey) => (shown.isStepped(windowKey) ? null : live.lastVoteAt(windowKey)),
      isEmpty: () => false,
      spanOf: (period, now) => live.spanOf(period, now),
    },
    withoutStepped: (other) => ({
      ...AS_THEY_STAND,
      counts: (windowKey, period, now) =>
        shown.isStepped(windowKey)
          ? { satisfied: 0, basically: 0, unsatisfied: 0 }
          : other.counts(windowKey, period, now),
      lastVoteAt: (windowKey) => (shown.isStepped(windowKey) ? null : other.lastVoteAt(windowKey)),
      isEmpty: other.isEmpty.bind(other),
      spanOf: (period, now) => other.spanOf(period, now),
    }),
  };
}
