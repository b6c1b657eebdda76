/** The tree as it was: what units and windows were called, and where they stood, at any moment. */
import type { OrgVersion } from './org.ts';

export type TreeNode = Pick<OrgVersion, 'kind' | 'key'>;

/** Until the next one. `above`: keys of units, from the nearest to the top. */
export type Era = { from: number; above: readonly number[] };

/** Until the next one: what it was called, at the end of the names of all that it stood under, from the top down. */
export type Called = { from: number; path: readonly string[] };

/** `spans`: when, in the order of time. */
export type Sibling = { node: TreeNode; spans: { from: number; to: number }[] };

export type TreeThen = {
  /** Where it stood through time: the first one is from ever, and each is another place than the one before. */
  eras(node: TreeNode): readonly Era[];
  /** … at any moment of a span, its end not included: keys of units, from the nearest to the top; no place twice. */
  placesWithin(node: TreeNode, span: { from: number; to: number }): (readonly number[])[];
  /** What it was called at a moment, at the end of the names of all that it stood under, from the top down. */
  pathAt(node: TreeNode, atMs: number): string[];
  /** What it and all above it were called through time: the first one is from ever, and each is another than the one before. */
  names(node: TreeNode): readonly Called[];
  /** Windows that stood under a unit at some moment of a span, both ends included: keys. */
  windowsUnder(unitKey: number, span: { from: number; to: number }): number[];
  /** Where windows have stood since, of those that have stood at several places: by their keys. The first era is from ever. */
  movedSince(since: number): Map<number, Era[]>;
  /** All others of its kind that stood below the same unit, or beside it at the top, at some time of a span, its end not included. */
  siblings(node: TreeNode, span: { from: number; to: number }): Sibling[];
};

const idOf = ({ kind, key }: TreeNode) => `${kind}:${key}`;

/** @param versions of each unit and window, in the order of time */
export function createTreeThen(versions: readonly OrgVersion[]): TreeThen {
  const ofNodes = new Map<string, OrgVersion[]>();
  const [moves, changes] = [new Set<number>(), new Set<number>()];
  /** When each was last moved. */
  const lastMoved = new Map<string, number>();
  for (const version of versions) {
    const known = ofNodes.get(idOf(version));
    if (!known) ofNodes.set(idOf(version), [version]);
    else {
      changes.add(version.from);
      if (known.at(-1)?.parentKey !== version.parentKey) {
        moves.add(version.from);
        lastMoved.set(idOf(version), version.from);
      }
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
  const pathAt = (node: TreeNode, atMs: number): string[] => {
    const above = aboveAt(node, atMs).map((key): TreeNode => ({ kind: 'unit', key }));
    return [...above.reverse(), node].map((one) => at(one, atMs)?.name ?? '');
  };
  const erasAt = (node: TreeNode, times: readonly number[]): Era[] => {
    const found: Era[] = [];
    for (const from of times) {
      const above = aboveAt(node, from);
      if (!isSame(found.at(-1)?.above, above)) found.push({ from, above });
    }
    return found;
  };
  const eras = (node: TreeNode) => erasAt(node, moments);
  return {
    eras,
    placesWithin(node, { from, to }) {
      const found: number[][] = [];
      for (const moment of [from, ...moments.filter((one) => one > from && one < to)]) {
        const above = aboveAt(node, moment);
        if (!found.some((one) => isSame(one, above))) found.push(above);
      }
      return found;
    },
    pathAt,
    names(node) {
      const found: Called[] = [];
      for (const from of sorted(changes)) {
        const path = pathAt(node, from);
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
    movedSince(since) {
      const found = new Map<number, Era[]>();
      const recent = moments.filter((from) => from > since);
      if (recent.length === 0) return found;
      const hasMoved = (node: TreeNode) => (lastMoved.get(idOf(node)) ?? since) > since;
      for (const [node] of ofNodes.values()) {
        if (node?.kind !== 'window') continue;
        // Where neither it nor anything above it is moved, it stays below the same.
        const above = aboveAt(node, since).map((key): TreeNode => ({ kind: 'unit', key }));
        if (![node, ...above].some(hasMoved)) continue;
        const [first, ...later] = erasAt(node, [since, ...recent]);
        if (first && later.length > 0)
          found.set(node.key, [{ ...first, from: Number.NEGATIVE_INFINITY }, ...later]);
      }
      return found;
    },
    siblings(node, span) {
      const own = standsOf(ofNodes.get(idOf(node)) ?? []);
      return [...ofNodes.values()].flatMap((versions) => {
        const [other] = versions as [OrgVersion];
        if (other.kind !== node.kind || other.key === node.key) return [];
        const spans = togetherIn(own, standsOf(versions), span);
        return spans.length === 0 ? [] : [{ node: { kind: other.kind, key: other.key }, spans }];
      });
    },
  };
}

type Stand = { parentKey: number | null; from: number; to: number };

function standsOf(versions: readonly OrgVersion[]): Stand[] {
  return versions.map(({ parentKey, from }, at) => ({
    parentKey,
    from: at === 0 ? Number.NEGATIVE_INFINITY : from,
    to: versions[at + 1]?.from ?? Number.POSITIVE_INFINITY,
  }));
}

/** When both stood at the same place; another name alone ends nothing. */
function togetherIn(
  some: readonly Stand[],
  others: readonly Stand[],
  span: { from: number; to: number },
): Sibling['spans'] {
  const spans: Sibling['spans'] = [];
  for (const one of some)
    for (const other of others) {
      if (one.parentKey !== other.parentKey) continue;
      const from = Math.max(one.from, other.from, span.from);
      const to = Math.min(one.to, other.to, span.to);
      const last = spans.at(-1);
      if (from >= to) continue;
      if (last?.to === from) last.to = to;
      else spans.push({ from, to });
    }
  return spans;
}

const isSame = <T>(some: readonly T[] | undefined, others: readonly T[]) =>
  some?.length === others.length && some.every((one, index) => one === others[index]);
