/** Windows that have moved lately: which units each of their votes counts for, by when it was pressed. */
import type { Era, TreeThen } from './tree-then.ts';

export type Moves = {
  /** Before this moment nothing is asked: UTC milliseconds. */
  since: number;
  /** By the window's key, of those that have stood at several places since: nearly always none. */
  eras: ReadonlyMap<number, readonly Era[]>;
};

export const NO_MOVES: Moves = { since: Number.NEGATIVE_INFINITY, eras: new Map() };

export const movesSince = (treeThen: TreeThen, since: number): Moves => ({
  since,
  eras: treeThen.movedSince(since),
});

/** Keys of the units above it at that moment; undefined where it has stood at one place all the time. */
export function unitsThen({ eras }: Moves, windowKey: number, at: number): readonly number[] | undefined {
  return eras.get(windowKey)?.findLast(({ from }) => from <= at)?.above;
}

/** Of all units that it has stood under, each once. */
export function everAbove({ eras }: Moves, windowKey: number): readonly number[] {
  const own = eras.get(windowKey);
  return own === undefined ? [] : [...new Set(own.flatMap(({ above }) => above))];
}

/** The moments within a span at which any of them came elsewhere, in order. */
export function momentsWithin({ eras }: Moves, { from, to }: { from: number; to: number }): number[] {
  const moments = new Set([...eras.values()].flat().map((era) => era.from));
  return [...moments].filter((at) => at > from && at < to).sort((a, b) => a - b);
}

export function areSameMoves(some: Moves, others: Moves): boolean {
  return some.since === others.since && textOf(some) === textOf(others);
}

const textOf = ({ eras }: Moves) => JSON.stringify([...eras]);
