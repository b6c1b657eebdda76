/** R7: more votes than services, or hardly a citizen who did not vote. */
import { type Flag, flagOf } from './flag.ts';

export const PARTICIPATION = { most: 0.98, least: 200 } as const;

/** @param services completed in the same period; null where nobody knows. */
export function findParticipation(votes: number, services: number | null, rule = PARTICIPATION): Flag | null {
  if (services === null) return null;
  if (votes > services) return flagOf('participation', [], { votes, services }, services);
  const share = services === 0 ? 0 : votes / services;
  if (services < rule.least || share <= rule.most) return null;
  return flagOf('participation', [], { votes, services, share }, rule.most);
}
