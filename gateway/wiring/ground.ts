/** The first step: the data folder, the database and what everybody knows of it. */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { foldHistory } from '../jobs/fold-history.ts';
import { followStore } from '../jobs/follow-store.ts';
import type { Job } from '../jobs/job.ts';
import { recoverStorage } from '../jobs/recover-storage.ts';
import { save } from '../jobs/save.ts';
import { createRegistry, type Registry } from '../org/registry.ts';
import { createAuditLimit } from '../people/audit-limit.ts';
import { createPeople, type People } from '../people/people.ts';
import { claimDataDir } from '../store/claim.ts';
import type { Ledger } from '../store/ledger.ts';
import { databaseFile } from '../store/sqlite/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { type Decisions, followDecisions } from '../watch/decisions.ts';
import { createFoldLog } from '../watch/fold-log.ts';
import { createMetrics, type Metrics } from '../watch/metrics.ts';
import { createStorageGuard, type StorageGuard } from '../watch/storage-guard.ts';
import { followStoreChanges } from '../watch/store-changes.ts';
import { type Closable, openInOrder } from './closing.ts';
import { openStore, type StoreConfig } from './open-store.ts';
import { createSignal, createSlowSignal, type Heard, type SlowHeard } from './signal.ts';
import { createStandstill, type Standstill } from './standstill.ts';

export type GroundDeps = {
  config: StoreConfig & Pick<Config, 'sessionHours' | 'sessionIdleMinutes'>;
  log: Logger;
  /** Dates. */
  now: () => number;
  /** Measures. */
  monotonic: () => number;
  /** Lines that `log` has lost. */
  logLinesLost: () => number;
};

/** People have decided something about votes; or what was stored may have been missed. */
export type WhyReread = 'decided' | 'missed';

export type Ground = {
  log: Logger;
  now: () => number;
  monotonic: () => number;
  /** Of this start of the gateway. */
  instance: string;
  startedAt: number;
  metrics: Metrics;
  store: Store;
  ledger: Ledger;
  standstill: Standstill;
  registry: Registry;
  people: People;
  storage: Pick<StorageGuard, 'failed' | 'trouble'> & {
    /** What is held in memory of the store is to be read again; no vote is under way. */
    rereading: SlowHeard<[why: WhyReread]>;
    /** It is so now. @throws StoreFailure */
    reread(): Promise<void>;
    /** Whether votes are taken has changed. */
    taking: Heard<[isTaking: boolean]>;
  };
  changes: {
    /** Of other processes. @returns whether there were any. */
    look(): Promise<boolean>;
    /** This process has changed units, terminals, codes or certificates. */
    tell(): Promise<void>;
    heard: SlowHeard;
  };
  decisions: Decisions;
  jobs: readonly Job[];
  /** When votes are taken: what is left of the check of the database goes on beside it. */
  checkOn(): void;
  /** … and ends. */
  stopCheck(): void;
};

/** @throws StoreFailure, HostFault: the folder is not ours to use, in use, or its database is not whole. */
export function openGround(deps: GroundDeps): Promise<Ground & Closable> {
  const { config, log, now, monotonic } = deps;
  return openInOrder(log, async (onClose) => {
    const claim = claimDataDir(config.dataDir);
    onClose('the data folder', claim.release);
    const file = databaseFile(config.dataDir);
    const auditLimit = createAuditLimit(monotonic);
    const { store, repair, goOn, stopCheck } = await openStore(config, { now, admit: auditLimit }, log);
    onClose('the database', store.close);
    onClose('the check of the database', stopCheck);

    const registry = await createRegistry(store.org);
    const people = await createPeople({
      ...{ store: store.people, now, monotonic },
      limits: { absoluteMs: config.sessionHours * 3_600_000, idleMs: config.sessionIdleMinutes * 60_000 },
    });
    onClose('sessions and links', async () => {
      try {
        await people.save();
      } catch (error) {
        log.error({ err: error }, 'when sessions and links were last used could not be saved');
      }
    });

    const [rereading, taking] = [createSlowSignal<[WhyReread]>(), createSignal<[boolean]>()];
    const standstill = createStandstill();
    rereading.listen(registry.reload);
    const guard = createStorageGuard({
      ...{ upkeep: store.upkeep, repair, file, log },
      exclusively: standstill.during,
      reload: () => rereading.tell('missed'),
      publishStatus: taking.tell,
    });
    const heard = createSlowSignal();
    heard.listen(registry.reload);
    const changes = await followStoreChanges(store.upkeep, heard.tell);
    const decisions = await followDecisions({
      ...{ store: store.upkeep, monotonic },
      exclusively: standstill.during,
      reread: () => rereading.tell('decided'),
    });
    const { failed } = guard;
    return {
      ...{ log, now, monotonic, store, registry, people, decisions, stopCheck },
      instance: randomUUID(),
      startedAt: now(),
      metrics: createMetrics(deps.logLinesLost),
      ...{ standstill, ledger: store.ledger },
      storage: {
        ...guard,
        rereading,
        taking,
        reread: () => standstill.during(() => rereading.tell('missed')),
      },
      changes: { ...changes, heard },
      jobs: [
        recoverStorage(guard),
        save('people', { storage: guard, save: people.save }),
        followStore({
          async follow() {
            await changes.look();
            await decisions.follow();
          },
          failed,
        }),
        foldHistory({
          ...{ ...store.folding, now, failed },
          isUsable: () => guard.trouble() === null,
          folded: createFoldLog(log, monotonic),
        }),
      ],
      checkOn: () => goOn(guard),
    };
  });
}
