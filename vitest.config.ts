import { defineConfig } from 'vitest/config';

/** One project a kind of test: what it needs decides how long it may take and how many run beside it. */
const project = (name: string, folders: string[], options: object) => ({
  test: { name, include: folders.map((folder) => `tests/${folder}/**/*.test.ts`), ...options },
});

export default defineConfig({
  test: {
    projects: [
      project('unit', ['unit', 'property', 'contract'], { testTimeout: 60_000 }),
      project('integration', ['integration'], {
        testTimeout: 120_000,
        hookTimeout: 60_000,
        fileParallelism: false,
      }),
      project('faults', ['faults'], { testTimeout: 600_000, hookTimeout: 60_000, fileParallelism: false }),
      project('browser', ['browser'], { testTimeout: 120_000, hookTimeout: 60_000, fileParallelism: false }),
    ],
  },
});
