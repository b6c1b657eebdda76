import type { UnitPlace } from '../../../protocol/live.ts';

/** By the rank that the gateway gives; those without one come last. Equals keep their order, which is that of the tree. */
export function orderPlaces(places: readonly UnitPlace[]): UnitPlace[] {
  const rankOf = ({ place }: UnitPlace) => place?.rank ?? Number.POSITIVE_INFINITY;
  return [...places].sort((a, b) => (rankOf(a) === rankOf(b) ? 0 : rankOf(a) - rankOf(b)));
}
