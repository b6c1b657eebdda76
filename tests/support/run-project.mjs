/** One of vitest's projects as a command of its own: everything drawn from one seed, which is said first and last, and what came of it in a line. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs');

/**
 * A file's name chooses files; any other text is looked for in the names of cases.
 * @param {string} project @param {string} wanted
 */
export function filterOf(project, wanted) {
  const files = readdirSync(join(ROOT, 'tests', project)).filter(
    (name) => name.endsWith('.test.ts') && name.includes(wanted),
  );
  if (files.length > 0) return files.map((name) => `tests/${project}/${name}`);
  return ['-t', wanted.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')];
}

/**
 * Ends this process with its exit code.
 * @param {{ project: string; seed: string; settings: Record<string, string>; filters: string[]; leftOut: string | null }} run
 *   `leftOut`: how to say of a case that it was left out; null for not at all
 */
export function runProject({ project, seed, settings, filters, leftOut }) {
  const folder = mkdtempSync(join(tmpdir(), `manyi-${project}-`));
  const report = join(folder, 'report.json');
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

  console.log(`seed ${seed}`);
  const started = performance.now();
  const child = spawn(
    process.execPath,
    [
      VITEST,
      'run',
      '--project',
      project,
      '--reporter=verbose',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...filters,
    ],
    { cwd: ROOT, stdio: 'inherit', env: { ...process.env, ...settings, MANYI_SEED: seed } },
  );
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
    process.on(signal, () => child.kill(signal));
  child.once('error', (error) => {
    throw error;
  });
  child.once('close', (code) => {
    tell(report, { seed, leftOut, tookMs: performance.now() - started });
    process.exit(code ?? 1);
  });
}

/** @param {string} report @param {{ seed: string; leftOut: string | null; tookMs: number }} run */
function tell(report, { seed, leftOut, tookMs }) {
  /** @type {{ testResults: { assertionResults: { status: string; fullName: string }[] }[] }} */
  let results;
  try {
    results = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    console.log(`the run ended before its report was written\nseed ${seed}`);
    return;
  }
  const cases = results.testResults.flatMap(({ assertionResults }) => assertionResults);
  const count = (/** @type {string} */ status) => cases.filter((one) => one.status === status).length;
  const others = cases.filter(({ status }) => status !== 'passed' && status !== 'failed');
  if (leftOut !== null) for (const { fullName } of others) console.log(`left out ${leftOut}: ${fullName}`);
  console.log(
    `${count('passed')} passed, ${count('failed')} failed, ${others.length} left out, in ${(tookMs / 1_000).toFixed(0)} s`,
  );
  console.log(`seed ${seed}${count('failed') > 0 ? '   (the same again: --seed N)' : ''}`);
}
