/** The data folder before its gateway runs, with everything that the command line would change it with. */
import { createProvisioning, type Provisioning } from '../../../gateway/fleet/provisioning.ts';
import { createPeople, DEFAULT_SESSION_LIMITS, type People } from '../../../gateway/people/people.ts';
import { openAuthority } from '../../../gateway/pki/authority.ts';
import { pkiIn } from '../../../gateway/store/data-folder.ts';
import { StoreFailure } from '../../../gateway/store/failures.ts';
import type { OrgStore } from '../../../gateway/store/org.ts';
import { openPostgresStore } from '../../../gateway/store/postgres/postgres-store.ts';
import { createSqliteStore, databaseFile } from '../../../gateway/store/sqlite/sqlite-store.ts';
import type { Store } from '../../../gateway/store/store.ts';
import { DemoError } from '../demo-error.ts';

export type Home = {
  org: OrgStore;
  provisioning: Provisioning;
  people: People;
  close(): void | Promise<void>;
};

/** @param database address of a PostgreSQL database, instead of one in the folder. @throws DemoError when it cannot be used. */
export async function openHome(dataDir: string, database: string | null): Promise<Home> {
  const now = Date.now;
  let store: Store;
  try {
    store =
      database === null
        ? createSqliteStore({ file: databaseFile(dataDir) })
        : await openPostgresStore({ address: database, dataDir, migrates: true });
  } catch (error) {
    if (!(error instanceof StoreFailure)) throw error;
    throw new DemoError(error.code, error.message);
  }
  const authority = await openAuthority({ keys: store.keys, folder: pkiIn(dataDir), now });
  return {
    org: store.org,
    provisioning: createProvisioning({ store: store.fleet, authority, now }),
    people: await createPeople({
      ...{ store: store.people, now, monotonic: () => performance.now() },
      limits: DEFAULT_SESSION_LIMITS,
    }),
    close: store.close,
  };
}
