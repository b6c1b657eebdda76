import type { LiveRow } from '../../../protocol/live.ts';

type Node = Pick<LiveRow, 'id' | 'parentId'>;

/** The top of the tree: the city or district that the wall is about. */
export function findRoot(units: readonly Node[]): string | null {
  return units.find((unit) => unit.parentId === null)?.id ?? null;
}

/** Windows hall by hall in the order of the tree; inside a hall as the gateway sent them. A place on the wall is learnt. */
export function orderWindows(units: readonly Node[], serviceWindows: readonly Node[]): string[] {
  const place = new Map(units.map((unit, position) => [unit.id, position]));
  const placeOf = (node: Node) => place.get(node.parentId ?? '') ?? units.length;
  return [...serviceWindows].sort((a, b) => placeOf(a) - placeOf(b)).map((node) => node.id);
}
