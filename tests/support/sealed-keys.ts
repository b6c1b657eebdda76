/** The keys of a PostgreSQL database, as a gateway opens them. */
import { createPostgresLedger } from '../../gateway/store/postgres/ledger.ts';
import { createPostgresSql } from '../../gateway/store/postgres/sql-database.ts';
import type { Seals } from '../../gateway/store/seal-key.ts';
import { createSealedKeys, type SealedKeys } from '../../gateway/store/sql/sealed-keys.ts';

export function openSealedKeys(
  address: string,
  seals: Seals,
  settle?: () => Promise<void>,
): { keys: SealedKeys; close(): Promise<void> } {
  const auditKey = Buffer.alloc(32, 9);
  const database = createPostgresSql({ address, auditKey: () => auditKey });
  const ledger = createPostgresLedger({ address });
  const audit = { now: Date.now, admit: () => {} };
  return {
    keys: createSealedKeys({ database, audit, seals, settle: settle ?? ledger.settle }),
    close: async () => void (await Promise.all([database.close(), ledger.close()])),
  };
}
