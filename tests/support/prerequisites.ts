/** What a test needs from the machine: without it the test fails in CI, and is left out loudly elsewhere. */
import { execFileSync } from 'node:child_process';

export type Requirement = { name: string; howToGetIt: string; isThere: () => boolean };

const answers = new Map<string, boolean>();

/** For `describe.runIf(have(…))`. @throws when it is missing and CI=true. */
export function have(...requirements: Requirement[]): boolean {
  return requirements.every(({ name, howToGetIt, isThere }) => {
    const known = answers.get(name);
    if (known !== undefined) return known;
    const there = isThere();
    answers.set(name, there);
    if (there) return true;
    const text = `${name} is missing: ${howToGetIt}`;
    if (process.env.CI === 'true') throw new Error(text);
    process.stderr.write(`\n!! SKIPPED: ${text}\n\n`);
    return false;
  });
}

export function succeeds(command: string, args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
