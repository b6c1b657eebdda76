/** Opens the store only after its file has been looked at: nothing is written to a database that is not whole. */
import type { Logger } from 'pino';
import type { RepairRollups } from '../store/check.ts';
import type { AuditDeps } from '../store/sql/changes.ts';
import { damageFailure } from '../store/sqlite/check.ts';
import { createSqliteStore } from '../store/sqlite/sqlite-store.ts';
import { beginCheck } from '../store/sqlite/start-check.ts';
import type { Store } from '../store/store.ts';
import type { StorageGuard } from '../watch/storage-guard.ts';

/** So long does the check of a large database hold up the start; then it goes on while votes are taken. */
const CHECK_WAIT_MS = 10_000;

export type CheckedStore = {
  store: Store;
  /** Counts these journals' rollups anew. @returns whether anything was wrong. */
  repair(journalKeys: readonly number[]): Promise<boolean>;
  /** When the gateway takes votes: hands what is left of the check to its guard. */
  goOn(guard: StorageGuard): void;
  stopCheck(): void;
};

/** @throws StoreFailure `storage-damaged`, `check-failed`, or what opening it throws. */
export async function openCheckedStore(file: string, audit: AuditDeps, log: Logger): Promise<CheckedStore> {
  const check = beginCheck(file);
  const report = await Promise.race([check.report, after(CHECK_WAIT_MS)]);
  if (report?.damage.length) throw damageFailure(file, report.damage);
  const store = createSqliteStore({ file, settle: true, audit });
  const repair = (journalKeys: readonly number[]) => repairRollups(store.repairRollups, journalKeys, log);
  try {
    if (report) {
      log.info({ votes: report.votes, durationMs: report.durationMs }, 'the database is checked');
      await repair(report.rollups.journalKeys);
    }
    await logAuditHead(store, log);
  } catch (error) {
    check.stop();
    store.close();
    throw error;
  }
  let stopped = false;
  return {
    store,
    repair,
    goOn(guard) {
      if (report !== undefined) return;
      check.lowerPriority();
      log.info('the check of the database goes on while votes are taken');
      check.report
        .then((late) => late && guard.takeReport(late))
        .catch((error: unknown) => {
          if (!stopped) log.error({ err: error }, 'the check of the database did not come to its end');
        });
    },
    stopCheck() {
      stopped = true;
      check.stop();
    },
  };
}

/** A log that is kept elsewhere bears witness: `manyi audit verify --head SEQ:HASH`. */
export async function logAuditHead({ audit }: Pick<Store, 'audit'>, log: Logger): Promise<void> {
  const head = await audit.head();
  log.info({ head: head && `${head.seq}:${head.hash}` }, 'the audit is at its head');
}

function after(ms: number): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), ms).unref();
  });
}

/** @returns whether anything was wrong. */
async function repairRollups(
  repair: RepairRollups,
  journalKeys: readonly number[],
  log: Logger,
): Promise<boolean> {
  if (journalKeys.length === 0) return false;
  const { differences, leftOut } = await repair(journalKeys, {
    actor: { kind: 'gateway' },
    origin: 'local',
  });
  if (differences.length + leftOut === 0) return false;
  log.error(
    { rows: differences.length, journalsWithLeftOut: leftOut, differences: differences.slice(0, 20) },
    'rollups did not agree with their votes: counted again, audited as rollups.repair',
  );
  return true;
}
