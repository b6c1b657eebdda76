/** A ledger of each kind in a place of its own, and a way past it to what is stored. */
import Database from 'better-sqlite3';
import pg from 'pg';
import type { Batch, Ledger } from '../../gateway/store/ledger.ts';
import { createPostgresLedger } from '../../gateway/store/postgres/ledger.ts';
import { migrate } from '../../gateway/store/postgres/migrate.ts';
import { types } from '../../gateway/store/postgres/numbers.ts';
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
    async rows<R>(sql: string) {
      const db = new Database(file);
      try {
        const statement = db.prepare(sql);
        if (statement.reader) return statement.all() as R[];
        statement.run();
        return [];
      } finally {
        db.close();
      }
    },
    dispose: async () => dispose(),
  };
}

/** A database of its own in a cluster that several share. */
export async function createPostgresHome(cluster: Cluster): Promise<LedgerHome & { address: string }> {
  const address = cluster.primary.address(await cluster.createDatabase());
  await migrate({ address });
  const client = new pg.Client({ connectionString: address, types });
  client.on('error', () => {});
  await client.connect();
  return {
    address,
    open: async () => createPostgresLedger({ address }),
    rows: async <R>(sql: string) => (await client.query(sql)).rows as R[],
    dispose: () => client.end().catch(() => {}),
  };
}

export const batchOf = (batch: Partial<Batch>): Batch => ({
  ...{ votes: [], quarantine: [], lost: [], keepsConflict: () => true },
  ...batch,
});
