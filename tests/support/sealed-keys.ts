/** The keys of a PostgreSQL database, as a gateway opens them. */
import { createPostgresLedger } from '../../gateway/store/postgres/ledger.ts';
import { createPostgresSql, queriesSettled } from '../../gateway/store/postgres/sql-database.ts';
import type { Seals } from '../../gateway/store/seal-key.ts';
import {
  createSealedKeys,
  type SealedKeys,
  type SealedKeysDeps,
} from '../../gateway/store/sql/sealed-keys.ts';

export function openSealedKeys(
  address: string,
  seals: Seals,
  settled?: SealedKeysDeps['settled'],
): { keys: SealedKeys; close(): Promise<void> } {
  const auditKey = Buffer.alloc(32, 9);
  const database = createPostgresSql({ address, auditKey: () => auditKey });
  const ledger = createPostgresLedger({ address });
  const audit = { now: Date.now, admit: () => {} };
  return {
    keys: createSealedKeys({ database, audit, seals, settled: settled ?? queriesSettled(ledger.settled) }),
    close: async () => void (await Promise.all([database.close(), ledger.close()])),
  };
}
