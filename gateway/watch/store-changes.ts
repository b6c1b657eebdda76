/** The command line writes to the store beside the gateway: what it has changed is read again, here and nowhere else. */
import type { Upkeep } from '../store/upkeep.ts';

export type StoreChanges = {
  /** Cheap when nothing has changed; when it is fulfilled, what was changed before the call is read. @returns whether something had. */
  look(): Promise<boolean>;
};

/** @throws StoreFailure */
export async function followStoreChanges(
  store: Pick<Upkeep, 'foreignVersion'>,
  changed: () => Promise<void>,
): Promise<StoreChanges> {
  let version: number | null = await store.foreignVersion();
  let reading: Promise<void> | null = null;
  const read = async (before: Promise<void> | null) => {
    await before?.catch(() => {});
    await changed();
  };
  return {
    async look() {
      const seen = await store.foreignVersion();
      if (seen !== version) {
        version = seen;
        const mine = read(reading);
        reading = mine;
        try {
          await mine;
        } catch (error) {
          // It is not read: the next one tries again.
          version = null;
          throw error;
        } finally {
          if (reading === mine) reading = null;
        }
        return true;
      }
      // Somebody else has seen it first, and is still reading.
      if (reading === null) return false;
      await reading;
      return true;
    },
  };
}
