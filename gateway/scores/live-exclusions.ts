/** Which spans people have excluded, in memory: a vote that comes is counted by them. What is stored of it is marked by the ledger. */
import { createExclusions, type Exclusions } from '../domain/exclusions.ts';
import type { ReviewStore } from '../store/review.ts';

export type LiveExclusions = {
  current(): Exclusions;
  /** Reads them again, while no vote is under way. @throws StoreFailure; what was read before stays. */
  reload(): Promise<void>;
};

/** @throws StoreFailure */
export async function openExclusions(store: Pick<ReviewStore, 'exclusions'>): Promise<LiveExclusions> {
  let current = createExclusions(await store.exclusions());
  return {
    current: () => current,
    async reload() {
      current = createExclusions(await store.exclusions());
    },
  };
}
