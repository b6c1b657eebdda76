/** The command line writes to the store beside the gateway: what it has changed is read again, here and nowhere else. */
import type { Store } from '../store/store.ts';

export type StoreChanges = {
  /** Cheap when nothing has changed. @returns whether something had, and was read again. */
  look(): boolean;
};

export function createStoreChanges(store: Pick<Store, 'foreignVersion'>, changed: () => void): StoreChanges {
  let version = store.foreignVersion();
  return {
    look() {
      const seen = store.foreignVersion();
      if (seen === version) return false;
      version = seen;
      changed();
      return true;
    },
  };
}
