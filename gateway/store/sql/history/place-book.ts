/** Where everything stood, kept until the tree is another one. */
import { sql } from 'kysely';
import type { Queries } from '../sql-database.ts';
import { createPlaces, type Places, type Placing } from './places.ts';

/** As of the moment that `queries` reads. */
export type PlaceBook = (queries: Queries) => Promise<Places>;

export function createPlaceBook(): PlaceBook {
  let known: { version: number; places: Places } | null = null;
  return async (queries) => {
    const { version } = await queries.selectFrom('noted').select('version').executeTakeFirstOrThrow();
    if (known?.version !== version)
      known = { version, places: createPlaces((await PLACINGS.execute(queries)).rows) };
    return known.places;
  };
}

/** What a gateway of before there were versions has added stands where it does for ever. */
const STANDING = (table: string, kind: string, parent: string) => `
  UNION ALL SELECT '${kind}', n.key, n.${parent}, 0 FROM ${table} n
  WHERE NOT EXISTS (SELECT 1 FROM org_versions v WHERE v.kind = '${kind}' AND v.key = n.key)`;
const PLACINGS = sql.raw<Placing>(`
  SELECT kind, key, parent_key AS "parentKey", from_at AS "from" FROM org_versions
  ${STANDING('units', 'unit', 'parent_key')} ${STANDING('windows', 'window', 'unit_key')} ORDER BY 1, 2, 4`);
