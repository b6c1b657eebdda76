/** The command line and other gateways write to the store beside this one: what they have changed is read again, here and nowhere else. */
import type { Upkeep } from '../store/upkeep.ts';

export type StoreChanges = {
  /** Cheap when nothing has changed; when it is fulfilled, what was changed before the call is read. @returns whether something had. */
  look(): Promise<boolean>;
  /** This process has changed something: it is read, and not beside what is being read already, which may be older. @throws StoreFailure */
  tell(): Promise<void>;
};

/** @throws StoreFailure */
export async function followStoreChanges(
  store: Pick<Upkeep, 'foreignVersion'>,
  changed: () => Promise<void>,
): Promise<StoreChanges> {
  let version: number | null = await store.foreignVersion();
  let reading: Promise<void> | null = null;
  const read = async () => {
    const before = reading;
    const mine = (async () => {
      await before?.catch(() => {});
      await changed();
    })();
    reading = mine;
    try {
      await mine;
    } finally {
      if (reading === mine) reading = null;
    }
  };
  return {
    async look() {
      const seen = await store.foreignVersion();
      if (seen !== version) {
        version = seen;
        try {
          await read();
        } catch (error) {
          // It is not read: the next one tries again.
          version = null;
          throw error;
        }
        return true;
      }
      // Somebody else has seen it first, and is still reading.
      if (reading === null) return false;
      await reading;
      return true;
    },
    tell: read,
  };
}
