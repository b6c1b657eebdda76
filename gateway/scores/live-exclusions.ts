/** Which spans people have excluded, in memory: a vote that comes is marked by them. */
import { createExclusions, type Exclusions } from '../domain/exclusions.ts';
import type { Exclusion, ReviewStore } from '../store/review.ts';

export type LiveExclusions = {
  current(): Exclusions;
  /**
   * Reads them again, while no vote is under way; votes that came since another process has changed them are put right. @throws
   * StoreFailure; what was read before stays.
   */
  reload(): Promise<void>;
};

/** @throws StoreFailure */
export async function openExclusions(
  store: Pick<ReviewStore, 'exclusions' | 'recountExcluded'>,
): Promise<LiveExclusions> {
  let known = await store.exclusions();
  let current = createExclusions(known);
  return {
    current: () => current,
    async reload() {
      const found = await store.exclusions();
      const changed = changedTerminals(known, found);
      if (changed.length > 0) await store.recountExcluded(changed);
      known = found;
      current = createExclusions(found);
    },
  };
}

/** Exclusions are made and ended, and neither removed nor changed otherwise. */
function changedTerminals(before: readonly Exclusion[], after: readonly Exclusion[]): number[] {
  const endedAt = new Map(before.map((one) => [one.id, one.endedAt]));
  const changed = after.filter((one) => endedAt.get(one.id) !== one.endedAt);
  return [...new Set(changed.map(({ terminalKey }) => terminalKey))].sort((a, b) => a - b);
}
