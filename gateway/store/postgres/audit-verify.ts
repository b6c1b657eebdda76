/** Holds the audit against its key while gateways go on writing. */
import type { AuditHead, AuditVerdict } from '../audit-check.ts';
import { StoreFailure } from '../failures.ts';
import { verifyAudit } from '../sql/audit-verify.ts';
import { openPostgresStore, type PostgresStoreOptions } from './postgres-store.ts';
import { createPostgresSql } from './sql-database.ts';

/** @param known a head that was written down earlier, which the chain must contain. @throws StoreFailure */
export async function verifyPostgresAudit(
  options: Omit<PostgresStoreOptions, 'migrates'>,
  known?: AuditHead,
): Promise<AuditVerdict> {
  const { keys, close } = await openPostgresStore({ ...options, migrates: false, onlyReads: true });
  const key = await Promise.resolve(keys.read('audit')).finally(close);
  if (!key)
    throw new StoreFailure(
      'audit-key-missing',
      `${keys.place('audit')} is not there: put audit.key of a backup into a gateway's data folder, and start it`,
    );
  const database = createPostgresSql({ address: options.address, auditKey: () => key });
  try {
    return await verifyAudit(database.queries, key, known);
  } finally {
    await database.close();
  }
}
