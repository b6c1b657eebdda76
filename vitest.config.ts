import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './tests/support/longest-first.ts';

// Here, so that all files of a run draw from one seed.
process.env.MANYI_SEED ??= String(randomInt(1, 2 ** 31));

// Whoever has it set means a database of theirs: no test is to write into it.
delete process.env.MANYI_DATABASE;

/** One project a kind of test: what it needs decides how long it may take and how many run beside it. */
const project = (name: string, folders: string[], options: object) => ({
  test: { name, include: folders.map((folder) => `tests/${folder}/**/*.test.ts`), ...options },
});

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    // One group after another, as many files of it at once as keep two cores busy: unit; then what starts processes; after it the
    // browsers and the faults, which wait more than they work. In full, each fault has the machine to itself: figures are to be its own.
    projects: [
      project('unit', ['unit', 'property', 'contract'], {
        testTimeout: 60_000,
        hookTimeout: 60_000,
        maxWorkers: availableParallelism(),
      }),
      project('integration', ['integration'], {
        testTimeout: 120_000,
        hookTimeout: 60_000,
        maxWorkers: 2,
        sequence: { groupOrder: 1 },
      }),
      project('browser', ['browser'], {
        testTimeout: 120_000,
        hookTimeout: 60_000,
        maxWorkers: 3,
        sequence: { groupOrder: 2 },
      }),
      project('faults', ['faults'], {
        testTimeout: process.env.MANYI_FAULTS === 'full' ? 1_800_000 : 120_000,
        hookTimeout: 60_000,
        maxWorkers: process.env.MANYI_FAULTS === 'full' ? 1 : 3,
        sequence: { groupOrder: 3 },
        globalSetup: 'tests/faults/announce.ts',
        env: { MANYI_SEED: process.env.MANYI_SEED },
      }),
      // Only when it is asked for (tests/cluster/run.mjs): its servers are many, and each case has them to itself.
      ...(process.env.MANYI_CLUSTER === undefined
        ? []
        : [
            project('cluster', ['cluster'], {
              testTimeout: 300_000,
              hookTimeout: 180_000,
              maxWorkers: 1,
              env: { MANYI_SEED: process.env.MANYI_SEED },
            }),
          ]),
    ],
  },
});
