/**
 * Places of the units that a stream compares, and which of them its listeners do not know yet. A vote moves others than its own unit,
 * so they are looked at once a second and not with every change.
 */
import type { UnitPlace } from '../../protocol/live.ts';
import type { Place } from '../../protocol/score.ts';
import type { Counts } from '../../protocol/vote.ts';
import { comparedUnits, type OrgTree, type Unit } from '../domain/org.ts';
import type { Places } from './places.ts';

export type UnitPlaces = {
  /** As they are now, for somebody new. */
  all(): UnitPlace[];
  /** As they are now: what has changed since this was last asked, or everybody was told all. */
  changed(): UnitPlace[];
  /** Everybody is told all, next. */
  forget(): void;
};

export type UnitPlacesDeps = {
  tree: () => OrgTree;
  countsOf(unit: Unit): Counts;
  places: Places;
  /** By what this stream is known. */
  group: string;
};

export function createUnitPlaces({ tree, countsOf, places, group }: UnitPlacesDeps): UnitPlaces {
  let known: Map<string, Place | null> | null = null;
  const untold = new Set<string>();
  const look = () => {
    const units = comparedUnits(tree());
    const placed = places.of(group, units.map(countsOf));
    const found = new Map(units.map(({ id }, at) => [id, placed[at] ?? null]));
    if (known) for (const [id, place] of found) if (!isSame(place, known.get(id))) untold.add(id);
    known = found;
    return found;
  };
  return {
    all: () => Array.from(look(), ([unitId, place]) => ({ unitId, place })),
    changed() {
      const found = look();
      const told = [...untold].flatMap((unitId) => {
        const place = found.get(unitId);
        return place === undefined ? [] : [{ unitId, place }];
      });
      untold.clear();
      return told;
    },
    forget() {
      known = null;
      untold.clear();
    },
  };
}

function isSame(a: Place | null, b: Place | null | undefined): boolean {
  if (a === null || b === null || b === undefined) return a === b;
  return a.rank === b.rank && a.best === b.best && a.worst === b.worst && a.of === b.of;
}
