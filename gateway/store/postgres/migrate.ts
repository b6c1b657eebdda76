/** Brings the schema up to date. Several gateways may start at once: one does it, the others wait for it. */

import { StoreFailure } from '../failures.ts';
import { compiled, type Migration } from '../sql/migrations/flavour.ts';
import { BEGINNING, MIGRATIONS } from '../sql/migrations/index.ts';
import { createConnection, type Transaction } from './connection.ts';
import { stepsAfter } from './migrations/index.ts';

/** Of an advisory lock that nothing else of ours takes. */
const LOCK = 1_298_233_711;
const TIMEOUT_MS = 10 * 60_000;

/** @throws StoreFailure `storage-newer`, or what the database says. */
export async function migrate(
  { address }: { address: string },
  later: readonly Migration[] = MIGRATIONS,
): Promise<void> {
  const connection = createConnection({
    address,
    label: 'manyi migrate',
    connectTimeoutMs: 5_000,
    timeoutMs: TIMEOUT_MS,
  });
  try {
    await connection.transaction((transaction) => apply(transaction, later));
  } finally {
    await connection.close();
  }
}

async function apply(transaction: Transaction, later: readonly Migration[]): Promise<void> {
  await transaction.rows({ text: 'SELECT pg_advisory_xact_lock($1)', values: [LOCK] });
  await transaction.rows({
    text: `CREATE TABLE IF NOT EXISTS schema_migrations (
      number int4 PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
  });
  const [{ version } = { version: 0 }] = await transaction.rows<{ version: number }>({
    text: 'SELECT coalesce(max(number), 0) AS version FROM schema_migrations',
  });
  const newest = BEGINNING + later.length;
  if (version > newest)
    throw new StoreFailure(
      'storage-newer',
      `the data was written by a newer gateway (schema ${version}, this one knows ${newest}): update the gateway`,
    );
  for (const { number, name, statements } of stepsAfter(version, later)) {
    for (const statement of statements()) {
      const { sql, parameters } = compiled(statement);
      await transaction.rows({ text: sql, values: parameters });
    }
    await transaction.rows({
      text: 'INSERT INTO schema_migrations (number, name) VALUES ($1, $2)',
      values: [number, name],
    });
  }
}
