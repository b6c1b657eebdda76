/** Says, before the first case and after the last, how to have the same run again. */
import type { TestProject } from 'vitest/node';

export default function announce(_project: TestProject): () => void {
  const { MANYI_SEED: seed, MANYI_FAULTS: pass = 'quick' } = process.env;
  const say = () =>
    process.stderr.write(
      `\nfaults: seed ${seed}; again: npm run test:faults --${pass === 'full' ? '' : ' --quick'} --seed ${seed}\n`,
    );
  say();
  return say;
}
