/** Where everything stood, kept until the tree is another one. */
import { heldRevision } from '../noted.ts';
import { versionsOn } from '../org-versions.ts';
import type { Queries } from '../sql-database.ts';
import { createPlaces, type Places } from './places.ts';

/** As of the moment that `queries` reads. */
export type PlaceBook = (queries: Queries) => Promise<Places>;

export function createPlaceBook(): PlaceBook {
  let known: { version: number; places: Places } | null = null;
  return async (queries) => {
    const version = await heldRevision(queries);
    if (known?.version !== version) known = { version, places: createPlaces(await versionsOn(queries)) };
    return known.places;
  };
}
