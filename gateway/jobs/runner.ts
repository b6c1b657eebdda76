/** Runs jobs when they come round. The only place where a job that fails is caught, named and counted. */
import type { Logger } from 'pino';
import type { Job } from './job.ts';
import { createOnce, type Once, type OnceDeps } from './once.ts';

export type RunnerDeps = Pick<OnceDeps, 'leases' | 'holder'> & {
  jobs: readonly Job[];
  log: Pick<Logger, 'info' | 'warn' | 'error'>;
  monotonic: () => number;
  countFailure(name: string): void;
};

export type Runner = {
  /** Nothing comes round any more. Resolves when what was running has ended. */
  stop(): Promise<void>;
};

export function startJobs({ jobs, leases, holder, ...deps }: RunnerDeps): Runner {
  const lost = (job: string) =>
    deps.log.warn(
      { code: 'lease-lost', job },
      'another gateway has taken a job over while this one was at it: nothing of it was written here',
    );
  const once = createOnce({ leases, holder, lost });
  const rounds = jobs.map((job) => startRounds(job, once, deps));
  return {
    async stop() {
      await Promise.all(rounds.map((stop) => stop()));
      // Without a database, they run out by themselves.
      await once.release().catch(() => {});
    },
  };
}

type Stop = () => Promise<void>;

type RoundsDeps = Omit<RunnerDeps, 'jobs' | 'leases' | 'holder'>;

function startRounds(job: Job, once: Once, { log, monotonic, countFailure }: RoundsDeps): Stop {
  const { name } = job;
  const { everyMs } = job.schedule;
  let isFailing = false;
  let isStopped = false;
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout;
  let dueAt = monotonic();

  const say = (error: Error) => {
    // Once, however often it comes round.
    if (!isFailing)
      log.error(
        { code: 'job-failed', job: name, err: error },
        'a job failed: it is tried again when it comes round',
      );
  };
  const runOnce = async () => {
    try {
      await (job.once ? once.run(job) : job.run());
      if (isFailing && !job.failed) log.info({ job: name }, 'a job works again');
      isFailing = false;
    } catch (error) {
      countFailure(name);
      (job.failed ?? say)(error as Error);
      isFailing = true;
    }
  };
  const wait = () => {
    dueAt += everyMs;
    // What came due while it ran, or while the machine slept, is not made up for.
    const lateMs = monotonic() - dueAt;
    if (lateMs > 0) dueAt += Math.ceil(lateMs / everyMs) * everyMs;
    timer = setTimeout(() => {
      running = runOnce().then(() => {
        if (!isStopped) wait();
      });
    }, dueAt - monotonic());
  };
  wait();
  return () => {
    isStopped = true;
    clearTimeout(timer);
    return running;
  };
}
