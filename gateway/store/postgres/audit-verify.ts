/** Holds the audit against its key while gateways go on writing. */
import type { AuditHead, AuditVerdict } from '../audit-check.ts';
import { auditKeyIn, readAuditKeyFile } from '../audit-key-file.ts';
import { StoreFailure } from '../failures.ts';
import { verifyAudit } from '../sql/audit-verify.ts';
import { createPostgresSql } from './sql-database.ts';

/** @param known a head that was written down earlier, which the chain must contain. @throws StoreFailure */
export async function verifyPostgresAudit(
  { address, dataDir }: { address: string; dataDir: string },
  known?: AuditHead,
): Promise<AuditVerdict> {
  const key = readAuditKeyFile(auditKeyIn(dataDir));
  if (!key)
    throw new StoreFailure(
      'audit-key-missing',
      'there is no audit.key in the data folder: take the one of the gateway, or of a backup',
    );
  const database = createPostgresSql({ address, auditKey: () => key });
  try {
    return await verifyAudit(database.queries, key, known);
  } finally {
    await database.close();
  }
}
