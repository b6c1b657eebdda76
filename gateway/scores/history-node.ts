/** Whose history: a unit or window of the tree, as it is called today. */
import type { History } from '../../protocol/history.ts';
import type { OrgTree } from '../domain/org.ts';
import type { HistoryOf } from '../store/history.ts';

export type HistoryNode = { of: HistoryOf; shown: History['node'] };

/** Null where there is none. */
export function historyNode(tree: OrgTree, kind: 'unit' | 'window', id: string): HistoryNode | null {
  if (kind === 'unit') {
    const unit = tree.unitById.get(id);
    if (!unit) return null;
    return { of: { unitKey: unit.key }, shown: { kind, id, name: unit.name, path: pathOf(tree, id) } };
  }
  const found = tree.windowById.get(id);
  if (!found) return null;
  const { name, key, unitId } = found;
  return { of: { windowKey: key }, shown: { kind, id, name, path: [...pathOf(tree, unitId), name] } };
}

const pathOf = (tree: OrgTree, unitId: string) => [...(tree.pathOf.get(unitId) ?? [])];
