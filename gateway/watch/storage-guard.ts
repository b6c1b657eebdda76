/** Whether votes can be stored now, and the way back when they could not: nothing is acknowledged in between. */
import type { Logger } from 'pino';
import type { CheckReport } from '../store/check.ts';
import { StoreFailure } from '../store/failures.ts';
import { damageFailure } from '../store/sqlite/check.ts';
import type { Upkeep } from '../store/upkeep.ts';

export type StorageGuardDeps = {
  upkeep: Pick<Upkeep, 'probe'>;
  /** Counts these journals' rollups anew. @returns whether anything was wrong. */
  repair(journalKeys: readonly number[]): Promise<boolean>;
  file: string;
  log: Logger;
  /** Runs `act` while no vote is under way: what waited was not acknowledged, and speaks of what is read again. */
  exclusively<T>(act: () => T | Promise<T>): Promise<T>;
  /** Reads again what is held in memory of the store. */
  reload(): Promise<void>;
  /** Tells terminals whether votes are taken. */
  publishStatus(online: boolean): void;
};

export type StorageGuard = {
  failed(error: Error): void;
  /** Tries the storage again after a failure. @throws while it does not work. */
  recover(): Promise<void>;
  /** What the check of the database has found: damage ends the taking of votes, wrong rollups are put right. */
  takeReport(report: CheckReport): Promise<void>;
  /** Code of why votes cannot be stored now; null when they can. */
  trouble(): string | null;
};

export function createStorageGuard(deps: StorageGuardDeps): StorageGuard {
  const { upkeep, repair, file, log, exclusively, reload, publishStatus } = deps;
  let failure: Error | null = null;
  let damage: StoreFailure | null = null;
  let outdated = false;

  const refresh = async () => {
    outdated = true;
    await reload();
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
    async recover() {
      if (damage) throw damage;
      if (!failure) return;
      await exclusively(async () => {
        const { reopened } = await upkeep.probe();
        if (reopened || outdated) await refresh();
        // Found by the check meanwhile.
        if (damage) throw damage;
        failure = null;
        log.info('storage works again: taking votes');
        publishStatus(true);
      });
    },
    async takeReport({ damage: found, rollups, votes, durationMs }) {
      if (found.length > 0) {
        damage = damageFailure(file, found);
        failed(damage);
        return;
      }
      log.info({ votes, durationMs, differingRollups: rollups.differing }, 'the database is checked');
      await exclusively(async () => {
        if (await repair(rollups.journalKeys)) await refresh();
      });
    },
    trouble() {
      if (!failure) return null;
      return failure instanceof StoreFailure ? failure.code : 'storage-failed';
    },
  };
}
