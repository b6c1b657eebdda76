import type { LiveRow } from '../../../protocol/live.ts';

type Node = Pick<LiveRow, 'id' | 'parentId'>;

/** The top of the tree: the city or district that the wall is about. */
export function findRoot(units: readonly Node[]): string | null {
  return units.find((unit) => unit.parentId === null)?.id ?? null;
}

/**
 * The units that are compared with each other: the first generation below the root with more than one member; where
 * there is none, the units that hold windows.
 */
export function comparableUnits(units: readonly Node[], serviceWindows: readonly Node[]): string[] {
  let parents = new Set([findRoot(units)]);
  while (parents.size > 0) {
    const children = units.filter((unit) => unit.parentId !== null && parents.has(unit.parentId));
    if (children.length > 1) return children.map((unit) => unit.id);
    parents = new Set(children.map((unit) => unit.id));
  }
  const holders = new Set(serviceWindows.map((serviceWindow) => serviceWindow.parentId));
  return units.filter((unit) => holders.has(unit.id)).map((unit) => unit.id);
}

/** Windows hall by hall in the order of the tree; inside a hall as the gateway sent them. A place on the wall is learnt. */
export function orderWindows(units: readonly Node[], serviceWindows: readonly Node[]): string[] {
  const place = new Map(units.map((unit, position) => [unit.id, position]));
  const placeOf = (node: Node) => place.get(node.parentId ?? '') ?? units.length;
  return [...serviceWindows].sort((a, b) => placeOf(a) - placeOf(b)).map((node) => node.id);
}
