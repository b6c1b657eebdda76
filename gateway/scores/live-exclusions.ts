/** Which spans people have excluded, in memory: a vote that comes is marked by them, and scores are read by them. */
import { createExclusions, type Exclusions } from '../domain/exclusions.ts';
import type { Store } from '../store/store.ts';

export type LiveExclusions = {
  current(): Exclusions;
  /** @throws StoreFailure; what was read before stays. */
  reload(): void;
};

export function createLiveExclusions(store: Pick<Store, 'exclusions'>): LiveExclusions {
  const read = () => createExclusions(store.exclusions());
  let current = read();
  return {
    current: () => current,
    reload() {
      current = read();
    },
  };
}
