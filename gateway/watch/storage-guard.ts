/** Whether votes can be stored now, and the way back when they could not: nothing is acknowledged in between. */
import type { Logger } from 'pino';
import { type CheckReport, damageFailure } from '../store/sqlite/check.ts';
import { type Store, StoreFailure } from '../store/store.ts';

export type StorageGuardDeps = {
  store: Store;
  file: string;
  now: () => number;
  log: Logger;
  /** Settles everything that waits for a commit. */
  flush(): void;
  /** Reads again what is held in memory of the store. */
  reload(): void;
  /** Tells terminals whether votes are taken. */
  publishStatus(online: boolean): void;
};

export type StorageGuard = {
  failed(error: Error): void;
  /** Tries the storage again after a failure. @throws while it does not work. */
  recover(): void;
  /** What the check of the database has found: damage ends the taking of votes, wrong rollups are put right. */
  takeReport(report: CheckReport): void;
  /** Code of why votes cannot be stored now; null when they can. */
  trouble(): string | null;
};

export function createStorageGuard(deps: StorageGuardDeps): StorageGuard {
  const { store, file, now, log, flush, reload, publishStatus } = deps;
  let failure: Error | null = null;
  let damage: StoreFailure | null = null;
  let outdated = false;

  const refresh = () => {
    // What waits was not acknowledged, and speaks of journals that are read again.
    flush();
    outdated = true;
    reload();
    outdated = false;
  };
  const failed = (error: Error) => {
    if (failure) return;
    failure = error;
    log.error({ err: error }, 'storage failed: terminals keep their votes until it works again');
    publishStatus(false);
  };

  return {
    failed,
    recover() {
      if (damage) throw damage;
      if (!failure) return;
      flush();
      const { reopened } = store.probe();
      if (reopened || outdated) refresh();
      failure = null;
      log.info('storage works again: taking votes');
      publishStatus(true);
    },
    takeReport({ damage: found, rollups, votes, durationMs }) {
      if (found.length > 0) {
        damage = damageFailure(file, found);
        failed(damage);
        return;
      }
      log.info({ votes, durationMs, differingRollups: rollups.differing }, 'the database is checked');
      if (repairRollups(store, rollups.sourceKeys, now(), log)) refresh();
    },
    trouble() {
      if (!failure) return null;
      return failure instanceof StoreFailure ? failure.code : 'storage-failed';
    },
  };
}

/** @returns whether anything was wrong. */
export function repairRollups(store: Store, sourceKeys: readonly number[], at: number, log: Logger): boolean {
  if (sourceKeys.length === 0) return false;
  const { differences, excluded } = store.repairRollups(sourceKeys, {
    at,
    actor: 'gateway',
    origin: 'local',
  });
  if (differences.length + excluded === 0) return false;
  log.error(
    { rows: differences.length, journalsWithExcluded: excluded, differences: differences.slice(0, 20) },
    'rollups did not agree with their votes: counted again, audited as rollups.repair',
  );
  return true;
}
