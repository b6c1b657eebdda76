import { afterEach, describe, expect, it } from 'vitest';
import type { Job, OnceJob } from '../../../gateway/jobs/job.ts';
import { type Runner, startJobs } from '../../../gateway/jobs/runner.ts';
import { until } from '../../support/wait.ts';

const EVERY_MS = 5;
/** Of jobs that run at every gateway. */
const NO_LEASES = {
  holder: 'test',
  leases: {
    take: () => Promise.reject(new Error('nobody asks for one')),
    release: () => Promise.reject(new Error('nobody has one')),
  },
};
let runner: Runner | null = null;
afterEach(() => runner?.stop());

type Everywhere = Exclude<Job, OnceJob>;
const start = (...jobs: (Omit<Everywhere, 'schedule'> & Partial<Pick<Job, 'schedule'>>)[]) => {
  const lines: { level: string; job: string; code?: string }[] = [];
  const failures: string[] = [];
  const say = (level: string) => (fields: { job: string; code?: string }) =>
    void lines.push({ level, job: fields.job, ...(fields.code !== undefined && { code: fields.code }) });
  runner = startJobs({
    jobs: jobs.map((job) => ({ schedule: { everyMs: EVERY_MS }, ...job })),
    log: { info: say('info'), error: say('error') } as never,
    monotonic: () => performance.now(),
    countFailure: (name) => void failures.push(name),
    ...NO_LEASES,
  });
  return { lines, failures };
};

const counting = (name: string) => {
  const job = {
    name,
    runs: 0,
    run() {
      job.runs += 1;
    },
  };
  return job;
};

describe('a job', () => {
  it('comes round, again and again, not sooner than it should', async () => {
    const job = counting('beat');
    const begun = performance.now();
    start(job);
    expect(job.runs).toBe(0);
    await until('it to have run', () => job.runs >= 5);
    expect(performance.now() - begun).toBeGreaterThan(5 * EVERY_MS - 2);
  });

  it('that fails is counted by its name, told once until it works again, and holds up no other', async () => {
    const other = counting('other');
    let [runs, broken] = [0, true];
    const { lines, failures } = start(other, {
      name: 'shaky',
      run() {
        runs += 1;
        if (broken) throw new Error('no');
      },
    });
    await until('failures', () => runs >= 3 && other.runs >= 3);
    expect(failures.length).toBeGreaterThanOrEqual(3);
    expect(new Set(failures)).toEqual(new Set(['shaky']));
    const told = { level: 'error', job: 'shaky', code: 'job-failed' };
    expect(lines).toEqual([told]);
    broken = false;
    await until('it to be told', () => lines.length === 2);
    expect(lines).toEqual([told, { level: 'info', job: 'shaky' }]);
    broken = true;
    await until('it to be told again', () => lines.length === 3);
  });

  it('whose promise is rejected has failed, too; who takes its failures hears of each', async () => {
    const heard: string[] = [];
    const { lines, failures } = start({
      name: 'slow-failure',
      run: () => Promise.reject(new Error('late')),
      failed: (error) => void heard.push(error.message),
    });
    await until('failures', () => heard.length >= 3);
    expect(failures.length).toBe(heard.length);
    expect(lines).toEqual([]);
  });

  it('that is slow does not pile up, and what it missed is not made up for', async () => {
    const beat = counting('beat');
    let [runs, end] = [0, () => {}];
    start(beat, {
      name: 'slow',
      run() {
        runs += 1;
        return new Promise<void>((resolve) => {
          end = resolve;
        });
      },
    });
    await until('many rounds', () => beat.runs >= 10);
    expect(runs).toBe(1);
    end();
    await until('the next round', () => runs === 2);
    const rounds = beat.runs;
    await until('many rounds', () => beat.runs >= rounds + 10);
    expect(runs).toBe(2);
    end();
  });

  it('that is running is waited for at the end, and none comes round any more', async () => {
    const beat = counting('beat');
    let [runs, end] = [0, () => {}];
    start(beat, {
      name: 'slow',
      run() {
        runs += 1;
        return new Promise<void>((resolve) => {
          end = resolve;
        });
      },
    });
    await until('it to run', () => runs === 1);
    let isStopped = false;
    const stopping = runner?.stop().then(() => {
      isStopped = true;
    });
    const other = counting('other');
    const rounds = beat.runs;
    const second = startJobs({
      jobs: [{ ...other, schedule: { everyMs: EVERY_MS }, run: other.run }],
      log: {} as never,
      monotonic: () => performance.now(),
      countFailure() {},
      ...NO_LEASES,
    });
    await until('time to have passed', () => other.runs >= 5);
    expect([isStopped, beat.runs, runs]).toEqual([false, rounds, 1]);
    end();
    await stopping;
    await second.stop();
    expect([beat.runs, runs]).toEqual([rounds, 1]);
  });
});
