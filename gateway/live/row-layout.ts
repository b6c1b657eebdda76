/** Where the rows of a tree stand among those of the board, and which of them are compared with each other. Made once a tree. */
import type { LiveRow } from '../../protocol/live.ts';
import type { OrgTree } from '../domain/org.ts';
import type { Rows } from './kept-rows.ts';

/** Nodes that are compared: where they stand in `units` or `windows` of the layout. */
export type Siblings = { name: string; parentId: string | null; members: Int32Array };

export type RowLayout = {
  /** The tree's own units, then its windows: where each is found in the board's. */
  units: Int32Array;
  windows: Int32Array;
  /** What is told of a node and does not change while the tree is the same, as the beginning of its JSON: `{"id":…,"path":[…],`. */
  unitHeads: Buffer[];
  windowHeads: Buffer[];
  unitSiblings: Siblings[];
  windowSiblings: Siblings[];
};

/** @param whole the rows of the tree that `tree` is a part of */
export function layOut(tree: OrgTree, whole: Rows): RowLayout {
  const units = placesOf(whole.units, (id) => tree.unitById.has(id));
  const windows = placesOf(whole.windows, (id) => tree.windowById.has(id));
  // A subtree is a tree of its own: its top has no parent there.
  const parentOf = ({ kind, id, parentId }: LiveRow) =>
    kind === 'unit' ? (tree.unitById.get(id)?.parentId ?? null) : parentId;
  const pathOf = ({ kind, id, name, parentId }: LiveRow) => [
    ...(tree.pathOf.get(kind === 'unit' ? id : (parentId ?? '')) ?? []),
    ...(kind === 'unit' ? [] : [name]),
  ];
  const headOf = (row: LiveRow) => {
    const { id, kind, name } = row;
    const head = JSON.stringify({ id, kind, name, parentId: parentOf(row), path: pathOf(row) });
    return Buffer.from(`${head.slice(0, -1)},`);
  };
  const rowsAt = (rows: LiveRow[], places: Int32Array) => Array.from(places, (at) => rows[at] as LiveRow);
  const [ownUnits, ownWindows] = [rowsAt(whole.units, units), rowsAt(whole.windows, windows)];
  const siblings = (rows: LiveRow[]): Siblings[] => {
    const groups = new Map<string | null, number[]>();
    rows.forEach((row, at) => {
      const parentId = parentOf(row);
      const own = groups.get(parentId);
      if (own) own.push(at);
      else groups.set(parentId, [at]);
    });
    return Array.from(groups, ([parentId, members]) => ({
      name: `${rows[0]?.kind} below ${parentId ?? `the top ${rows[members[0] as number]?.id}`}`,
      parentId,
      members: Int32Array.from(members),
    }));
  };
  return {
    ...{ units, windows },
    unitHeads: ownUnits.map(headOf),
    windowHeads: ownWindows.map(headOf),
    unitSiblings: siblings(ownUnits),
    windowSiblings: siblings(ownWindows),
  };
}

function placesOf(rows: LiveRow[], isIn: (id: string) => boolean): Int32Array {
  const found: number[] = [];
  rows.forEach(({ id }, at) => {
    if (isIn(id)) found.push(at);
  });
  return Int32Array.from(found);
}
