/** Brings the schema up to date. Several gateways may start at once: one does it, the others wait for it. */
import { StoreFailure } from '../failures.ts';
import { createConnection, type Transaction } from './connection.ts';
import { MIGRATIONS } from './migrations/index.ts';

/** Of an advisory lock that nothing else of ours takes. */
const LOCK = 1_298_233_711;
const TIMEOUT_MS = 10 * 60_000;

/** @throws StoreFailure `storage-newer`, or what the database says. */
export async function migrate({ address }: { address: string }): Promise<void> {
  const connection = createConnection({
    address,
    label: 'manyi migrate',
    connectTimeoutMs: 5_000,
    timeoutMs: TIMEOUT_MS,
  });
  try {
    await connection.transaction(apply);
  } finally {
    await connection.close();
  }
}

async function apply(transaction: Transaction): Promise<void> {
  await transaction.rows({ text: 'SELECT pg_advisory_xact_lock($1)', values: [LOCK] });
  await transaction.rows({
    text: `CREATE TABLE IF NOT EXISTS schema_migrations (
      number int4 PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
  });
  const [{ version } = { version: 0 }] = await transaction.rows<{ version: number }>({
    text: 'SELECT coalesce(max(number), 0) AS version FROM schema_migrations',
  });
  if (version > MIGRATIONS.length)
    throw new StoreFailure(
      'storage-newer',
      `the data was written by a newer gateway (schema ${version}, this one knows ${MIGRATIONS.length}): update the gateway`,
    );
  for (const [index, { name, sql }] of MIGRATIONS.entries()) {
    if (index < version) continue;
    await transaction.rows({ text: sql });
    await transaction.rows({
      text: 'INSERT INTO schema_migrations (number, name) VALUES ($1, $2)',
      values: [index + 1, name],
    });
  }
}
