/** In which time zone units lie, through time, in SQL that both databases understand. */
import type { UnitZone } from '../../domain/unit-zones.ts';
import type { Queries } from './sql-database.ts';

export function timeZonesOn(queries: Queries): Promise<UnitZone[]> {
  return queries
    .selectFrom('unit_time_zones')
    .select(['unit_key as unitKey', 'from_at as from', 'time_zone as timeZone'])
    .orderBy('from_at')
    .orderBy('unit_key')
    .execute();
}

export async function setTimeZone(queries: Queries, { unitKey, from, timeZone }: UnitZone): Promise<void> {
  await queries
    .insertInto('unit_time_zones')
    .values({ unit_key: unitKey, from_at: from, time_zone: timeZone })
    .onConflict((conflict) => conflict.columns(['unit_key', 'from_at']).doUpdateSet({ time_zone: timeZone }))
    .execute();
}

export async function dropTimeZone(
  queries: Queries,
  { unitKey, from }: Pick<UnitZone, 'unitKey' | 'from'>,
): Promise<void> {
  await queries
    .deleteFrom('unit_time_zones')
    .where('unit_key', '=', unitKey)
    .where('from_at', '=', from)
    .execute();
}
