/** Which spans people have excluded, in memory: a vote that comes is marked by them, and scores are read by them. */
import { createExclusions, type Exclusions } from '../domain/exclusions.ts';
import type { ReviewReads } from '../store/review.ts';

export type LiveExclusions = {
  current(): Exclusions;
  /** @throws StoreFailure; what was read before stays. */
  reload(): Promise<void>;
};

/** @throws StoreFailure */
export async function openExclusions(store: Pick<ReviewReads, 'exclusions'>): Promise<LiveExclusions> {
  const read = async () => createExclusions(await store.exclusions());
  let current = await read();
  return {
    current: () => current,
    async reload() {
      current = await read();
    },
  };
}
