/** What a child process is to do, handed over as a file: with a thousand certificates it is too long for an argument. */
import { mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** @returns the file's path, for the child's only argument. */
export function writePlan(plan: object): string {
  const path = join(mkdtempSync(join(tmpdir(), 'manyi-bench-plan-')), 'plan.json');
  writeFileSync(path, JSON.stringify(plan), { mode: 0o600 });
  return path;
}

/** Reads the plan that this process was given, and removes it: it holds keys. Of its folder nothing else is touched. */
export function readPlan<T>(): T {
  const path = process.argv[2] ?? '';
  const plan = JSON.parse(readFileSync(path, 'utf8')) as T;
  rmSync(path);
  try {
    rmdirSync(dirname(path));
  } catch {
    // A plan that was written by hand lies beside other things.
  }
  return plan;
}
