/** Long spans are judged by a thread that reads, and written here. */
import { Worker } from 'node:worker_threads';
import type { Config } from '../config.ts';
import type { Judged, VerdictStore } from '../store/verdicts.ts';
import { createForesight, type Foresight } from '../verdicts/foresight.ts';
import type { StoredJudging } from '../verdicts/stored-verdicts.ts';
import type { Ground } from './ground.ts';
import type { Pause } from './standstill.ts';

export type ForesightSettings = Pick<Config, 'dataDir' | 'database' | 'timeZone'>;

/** What was pressed since may have neighbours that are still to come: it is judged here. */
const RECENT_MS = 30 * 60_000;
/** What was found in vain so often in a row is judged here, while nothing can come between. */
const IN_VAIN = 3;

export type StoredVerdictsDeps = {
  settings: ForesightSettings;
  ground: Pick<Ground, 'log' | 'now' | 'monotonic'>;
  verdicts: Pick<VerdictStore, 'waiting' | 'judge' | 'adopt'>;
  judging: StoredJudging;
  during: Pause;
  /** While no vote is under way. */
  judged(judged: Judged): void | Promise<void>;
};

export type JudgeStored = Pick<Foresight, 'close'> & {
  /** Some of what waits. @returns whether more is waiting @throws StoreFailure */
  judge(): Promise<boolean>;
};

export function createJudgeStored(deps: StoredVerdictsDeps): JudgeStored {
  const { settings, ground, verdicts, judging, during, judged } = deps;
  const { dataDir, database, timeZone } = settings;
  const workerData: ForesightSettings = { dataDir, database, timeZone };
  const program = new URL('./foresight-thread.js', import.meta.url);
  const foresight = createForesight({
    monotonic: ground.monotonic,
    start() {
      ground.log.info('a thread begins to judge stored votes');
      return new Worker(program, { workerData, name: 'foresight' });
    },
    failed: (reason) =>
      ground.log.warn(
        { code: 'foresight-failed', reason },
        'the thread that judges stored votes has failed: they are judged between the votes that come, which is slower',
      ),
  });
  let inVain = 0;

  const judgeHere = (leaves?: number) =>
    during(async () => {
      // Of one that failed.
      judging.takeSeen();
      await judged(await verdicts.judge(judging, leaves === undefined ? {} : { leaves }));
    });

  const judgeAhead = async (before: number) => {
    const foreseen = inVain < IN_VAIN ? await foresight.next(before) : null;
    if (foreseen === null || foreseen.spans.length === 0) {
      inVain = 0;
      await judgeHere();
      return;
    }
    let isAdopted = false;
    try {
      await during(async () => {
        const written = await verdicts.adopt(foreseen);
        isAdopted = written !== null;
        if (written !== null) await judged(written);
      });
    } finally {
      foresight.adopted(isAdopted);
    }
    inVain = isAdopted ? 0 : inVain + 1;
  };

  return {
    async judge() {
      const before = ground.now() - RECENT_MS;
      const waiting = await verdicts.waiting(before);
      if (waiting.now) await judgeHere(before);
      if (waiting.ahead) await judgeAhead(before);
      return waiting.now || waiting.ahead;
    },
    close: foresight.close,
  };
}
