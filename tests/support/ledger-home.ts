/** A ledger of each kind in a place of its own, and a way past it to what is stored. */
import type { Batch, Committed, Ledger, VoteOutcome } from '../../gateway/store/ledger.ts';
import { createPostgresLedger } from '../../gateway/store/postgres/ledger.ts';
import { createMigrated } from './migrated.ts';
import { openRows } from './open-rows.ts';
import type { Cluster } from './postgres.ts';
import { createStoreHome } from './store.ts';
import { addSmallTown } from './tree.ts';

export type OpenLedger = Ledger & { close(): Promise<void> };

export type LedgerHome = {
  open(): Promise<OpenLedger>;
  /** SQL that both databases understand, beside the ledger: rows of what is committed. */
  rows<R>(sql: string): Promise<R[]>;
  dispose(): Promise<void>;
};

export async function createSqliteHome(): Promise<LedgerHome> {
  const { file, open, dispose } = createStoreHome();
  const made = open();
  await addSmallTown(made, 8);
  made.close();
  return {
    async open() {
      const store = open();
      return Object.assign({ ...store.ledger }, { close: async () => store.close() });
    },
    rows: openRows.ofSqlite(file),
    dispose: async () => dispose(),
  };
}

/** A database of its own in a cluster that several share. */
export async function createPostgresHome(cluster: Cluster): Promise<LedgerHome & { address: string }> {
  const address = await createMigrated(cluster);
  const { rows, close } = await openRows.ofPostgres(address);
  return {
    address,
    open: async () => createPostgresLedger({ address }),
    rows,
    dispose: close,
  };
}

export const batchOf = (batch: Partial<Batch>): Batch => ({
  ...{ votes: [], quarantine: [], lost: [], corrections: [], unjudged: [], keepsConflict: () => true },
  ...batch,
});

export const outcomesOf = async (committed: Promise<Committed>): Promise<VoteOutcome[]> =>
  (await committed).outcomes;
