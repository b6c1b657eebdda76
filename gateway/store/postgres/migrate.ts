/** Brings the schema up to date. Several gateways may start at once: one does it, the others wait for it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreFailure } from '../failures.ts';
import { compiled, type Migration } from '../sql/migrations/flavour.ts';
import { BEGINNING, MIGRATIONS } from '../sql/migrations/index.ts';
import { MIGRATING } from './advisory-locks.ts';
import { type Connection, createConnection, type Transaction } from './connection.ts';
import { stepsAfter } from './migrations/index.ts';

const TIMEOUT_MS = 10 * 60_000;
/**
 * A change of a table waits for whoever reads it, and commits wait behind it. So it does not wait for long, lets them pass, and tries
 * again: gateways of the version before take votes meanwhile.
 */
const WAIT_FOR_LOCK = `SET LOCAL lock_timeout = '1s'`;
const PAUSE_MS = 500;

/** Of a database that is only to be read. @throws StoreFailure `storage-missing`, `storage-older`, `storage-newer`. */
export async function assertMigrated(connection: Connection): Promise<void> {
  const [there] = await connection.rows<{ isThere: boolean }>({
    text: `SELECT to_regclass('schema_migrations') IS NOT NULL AS "isThere"`,
  });
  const version = there?.isThere ? await versionOf(connection) : 0;
  if (version === 0)
    throw new StoreFailure('storage-missing', 'there is nothing in the database yet: start the gateway');
  refuseNewer(version, MIGRATIONS);
  if (version < BEGINNING + MIGRATIONS.length)
    throw new StoreFailure(
      'storage-older',
      `the schema ${version} of the database is of an older gateway: start this one, which brings it up to date`,
    );
}

const VERSION = 'SELECT coalesce(max(number), 0) AS version FROM schema_migrations';

export async function versionOf({ rows }: Pick<Transaction, 'rows'>): Promise<number> {
  const [row] = await rows<{ version: number }>({ text: VERSION });
  return row?.version ?? 0;
}

function refuseNewer(version: number, later: readonly Migration[]): void {
  const newest = BEGINNING + later.length;
  if (version > newest)
    throw new StoreFailure(
      'storage-newer',
      `the data was written by a newer gateway (schema ${version}, this one knows ${newest}): update the gateway`,
    );
}

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
  const until = performance.now() + TIMEOUT_MS;
  try {
    for (;;) {
      try {
        if (!(await connection.transaction((transaction) => applyNext(transaction, later)))) return;
      } catch (error) {
        const wasInTheWay = error instanceof StoreFailure && error.code === 'database-interrupted';
        if (!wasInTheWay || performance.now() > until) throw error;
        await sleep(PAUSE_MS);
      }
    }
  } finally {
    await connection.close();
  }
}

/**
 * One and no more: what it locks is free again before the next one begins, which may take its time over every vote that is stored. What
 * fails leaves those before it, and the next start goes on from there. @returns whether there was one
 */
async function applyNext(transaction: Transaction, later: readonly Migration[]): Promise<boolean> {
  await transaction.rows({ text: 'SELECT pg_advisory_xact_lock($1)', values: [MIGRATING] });
  await transaction.rows({
    text: `CREATE TABLE IF NOT EXISTS schema_migrations (
      number int4 PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`,
  });
  const version = await versionOf(transaction);
  refuseNewer(version, later);
  const [next] = stepsAfter(version, later);
  if (next === undefined) return false;
  if (version > 0) await transaction.rows({ text: WAIT_FOR_LOCK });
  for (const statement of next.statements()) {
    const { sql, parameters } = compiled(statement);
    await transaction.rows({ text: sql, values: parameters });
  }
  await transaction.rows({
    text: 'INSERT INTO schema_migrations (number, name) VALUES ($1, $2)',
    values: [next.number, next.name],
  });
  return true;
}
