/** How the nodes are called that rules are kept at: of all, a unit, a window. */
export const ALL = 'all';
export const unitNode = (id: string) => `unit:${id}`;
export const windowNode = (id: string) => `window:${id}`;

/** From the top down. @param unitIds those above a window, from the nearest to the top */
export function pathOf(unitIds: readonly string[], windowId: string | null): string[] {
  const path = [ALL, ...unitIds.toReversed().map(unitNode)];
  return windowId === null ? path : [...path, windowNode(windowId)];
}
