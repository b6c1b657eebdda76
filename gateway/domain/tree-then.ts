/** The tree as it was: what units and windows were called, and where they stood, at any moment. */
import type { OrgVersion } from './org.ts';

export type TreeNode = Pick<OrgVersion, 'kind' | 'key'>;

/** Until the next one. `above`: keys of units, from the nearest to the top. */
export type Era = { from: number; above: readonly number[] };

/** Until the next one: what it was called, at the end of the names of all that it stood under, from the top down. */
export type Called = { from: number; path: readonly string[] };

export type TreeThen = {
  /** Where it stood through time: the first one is from ever, and each is another place than the one before. */
  eras(node: TreeNode): readonly Era[];
  /** What it and all above it were called through time: the first one is from ever, and each is another than the one before. */
  names(node: TreeNode): readonly Called[];
  /** Windows that stood under a unit at some moment of a span, both ends included: keys. */
  windowsUnder(unitKey: number, span: { from: number; to: number }): number[];
};

const idOf = ({ kind, key }: TreeNode) => `${kind}:${key}`;

/** @param versions of each unit and window, in the order of time */
export function createTreeThen(versions: readonly OrgVersion[]): TreeThen {
  const ofNodes = new Map<string, OrgVersion[]>();
  const [moves, changes] = [new Set<number>(), new Set<number>()];
  for (const version of versions) {
    const known = ofNodes.get(idOf(version));
    if (!known) ofNodes.set(idOf(version), [version]);
    else {
      changes.add(version.from);
      if (known.at(-1)?.parentKey !== version.parentKey) moves.add(version.from);
      known.push(version);
    }
  }
  const sorted = (moments: Set<number>) => [Number.NEGATIVE_INFINITY, ...[...moments].sort((a, b) => a - b)];
  const moments = sorted(moves);

  /** What is older than its first version was always so. */
  const at = (node: TreeNode, atMs: number): OrgVersion | undefined => {
    const own = ofNodes.get(idOf(node));
    return own?.findLast(({ from }) => from <= atMs) ?? own?.[0];
  };
  const aboveAt = (node: TreeNode, atMs: number): number[] => {
    const above: number[] = [];
    // A clock that was wrong may have left a ring for a while: it ends.
    for (let key = at(node, atMs)?.parentKey ?? null; key !== null && !above.includes(key); ) {
      above.push(key);
      key = at({ kind: 'unit', key }, atMs)?.parentKey ?? null;
    }
    return above;
  };
  const eras = (node: TreeNode): Era[] => {
    const found: Era[] = [];
    for (const from of moments) {
      const above = aboveAt(node, from);
      if (!isSame(found.at(-1)?.above, above)) found.push({ from, above });
    }
    return found;
  };
  return {
    eras,
    names(node) {
      const found: Called[] = [];
      for (const from of sorted(changes)) {
        const above = aboveAt(node, from).map((key): TreeNode => ({ kind: 'unit', key }));
        const path = [...above.reverse(), node].map((one) => at(one, from)?.name ?? '');
        if (!isSame(found.at(-1)?.path, path)) found.push({ from, path });
      }
      return found;
    },
    windowsUnder: (unitKey, { from, to }) =>
      [...ofNodes.values()].flatMap(([node]) => {
        if (node?.kind !== 'window') return [];
        const stood = eras(node).some(
          (era, index, all) =>
            era.from <= to &&
            (all[index + 1]?.from ?? Number.POSITIVE_INFINITY) > from &&
            era.above.includes(unitKey),
        );
        return stood ? [node.key] : [];
      }),
  };
}

const isSame = <T>(some: readonly T[] | undefined, others: readonly T[]) =>
  some?.length === others.length && some.every((one, index) => one === others[index]);
