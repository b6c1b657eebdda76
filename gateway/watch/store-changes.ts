/** The command line writes to the store beside the gateway: what it has changed is read again, here and nowhere else. */
import type { Store } from '../store/store.ts';

export type StoreWatch = {
  /** Cheap when nothing has changed. @returns whether something had. */
  follow(): boolean;
};

export function createStoreWatch(store: Store, changed: () => void): StoreWatch {
  let version = store.foreignVersion();
  return {
    follow() {
      const seen = store.foreignVersion();
      if (seen === version) return false;
      version = seen;
      changed();
      return true;
    },
  };
}
