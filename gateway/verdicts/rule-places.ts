/** Where rules are set. */
import { type OrgTree, unitsAbove, unitsBelow, windowKeysBelow } from '../domain/org.ts';
import { createTreeThen } from '../domain/tree-then.ts';
import { OrgRefusal } from '../store/failures.ts';
import type { RuleGround } from '../store/rules.ts';
import { ALL, pathOf } from './rule-nodes.ts';

/** For all, or for a unit or window and what is below it. */
export type RulePlace = { unit?: string | undefined; window?: string | undefined };

/** From the top down. @throws OrgRefusal `place-ambiguous`, `unit-unknown`, `window-unknown` */
export function pathTo(tree: OrgTree, { unit, window }: RulePlace): string[] {
  if (unit !== undefined && window !== undefined)
    throw new OrgRefusal('place-ambiguous', `give the unit (${unit}) or the window (${window}), not both`);
  if (window !== undefined) {
    const serviceWindow = tree.windowById.get(window);
    if (!serviceWindow) throw new OrgRefusal('window-unknown', `there is no window ${window}: list them`);
    return pathOf(idsAbove(tree, serviceWindow.unitId), window);
  }
  if (unit === undefined) return [ALL];
  if (!tree.unitById.has(unit)) throw new OrgRefusal('unit-unknown', `there is no unit ${unit}: list them`);
  return pathOf(idsAbove(tree, unit), null);
}

export const idsAbove = (tree: OrgTree, unitId: string) => unitsAbove(tree, unitId).map(({ id }) => id);

/** Keys. */
export function windowsBelow(tree: OrgTree, { unit, window }: RulePlace): number[] {
  if (window !== undefined) return [tree.windowById.get(window)?.key ?? 0];
  return unit === undefined ? tree.windows.map(({ key }) => key) : windowKeysBelow(tree, unit);
}

/** Keys of windows that stood there at some moment of a span of press times, both ends included: by its rules votes of then are judged. */
export function windowsUnder(
  places: RuleGround['places'],
  { unit, window }: RulePlace,
  span: { from: number; to: number },
): number[] {
  const keyOf = (kind: 'unit' | 'window', id: string) =>
    places.find((one) => one.kind === kind && one.id === id)?.key ?? 0;
  if (window !== undefined) return [keyOf('window', window)];
  if (unit !== undefined) return createTreeThen(places).windowsUnder(keyOf('unit', unit), span);
  return [...new Set(places.flatMap(({ kind, key }) => (kind === 'window' ? [key] : [])))];
}

/** Keys of the unit and those below it. @throws OrgRefusal `unit-unknown` */
export function unitKeysBelow(tree: OrgTree, unit: string): number[] {
  pathTo(tree, { unit });
  const below = unitsBelow(tree, unit);
  return tree.units.filter(({ id }) => below.has(id)).map(({ key }) => key);
}
