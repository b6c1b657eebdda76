/** The fault suite: vitest's project `faults`, one file after another, everything drawn from one seed. */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs');

const HELP = `Faults of every kind against real processes; each case ends in stored == thanked and score == recount.

  npm run test:faults -- [options]

  --seed N              draw the same again; without it another seed each time
  --quick               the two-minute pass: the same cases with smaller numbers
  --case TEXT           only files or cases whose names hold TEXT
  --soak MINUTES        only the soak, for so long
  --headline MINUTES    only random faults against many terminals, for so long
  --terminals N         terminals of the headline run and of the soak
  --help
`;

function fail(/** @type {string} */ message) {
  process.stderr.write(`bad-argument: ${message}\n\n${HELP}`);
  process.exit(2);
}

function readOptions() {
  const text = /** @type {const} */ ({ type: 'string' });
  const flag = /** @type {const} */ ({ type: 'boolean', default: false });
  try {
    return parseArgs({
      options: {
        seed: text,
        quick: flag,
        case: text,
        soak: text,
        headline: text,
        terminals: text,
        help: flag,
      },
    }).values;
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

/** @returns {string} */
function number(/** @type {string} */ name, /** @type {string} */ value, /** @type {RegExp} */ form) {
  if (!form.test(value) || !(Number(value) > 0)) fail(`--${name} ${value}: must be a number above 0`);
  return value;
}

const options = readOptions();
if (options.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
if (options.soak !== undefined && options.headline !== undefined) fail('one of --soak and --headline');

const seed = number('seed', options.seed ?? String(randomInt(1, 2 ** 31)), /^\d{1,15}$/);
const only = options.soak !== undefined ? 'soak' : options.headline !== undefined ? 'headline' : null;
/** @type {Record<string, string>} */
const settings = { MANYI_SEED: seed, MANYI_FAULTS: options.quick ? 'quick' : 'full' };
for (const name of /** @type {const} */ (['soak', 'headline'])) {
  const minutes = options[name];
  if (minutes !== undefined)
    settings[`MANYI_${name.toUpperCase()}_MINUTES`] = number(name, minutes, /^\d+(\.\d+)?$/);
}
if (options.terminals !== undefined)
  settings.MANYI_TERMINALS = number('terminals', options.terminals, /^\d{1,5}$/);

/** A file's name chooses files; any other text is looked for in the names of cases. */
function filters() {
  if (only !== null) return [`tests/faults/${only}.test.ts`];
  if (options.case === undefined) return [];
  const wanted = options.case;
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.test.ts') && name.includes(wanted));
  if (files.length > 0) return files.map((name) => `tests/faults/${name}`);
  return ['-t', wanted.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')];
}

const folder = mkdtempSync(join(tmpdir(), 'manyi-faults-'));
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
    'faults',
    '--reporter=verbose',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...filters(),
  ],
  { cwd: ROOT, stdio: 'inherit', env: { ...process.env, ...settings } },
);
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
  process.on(signal, () => child.kill(signal));
child.once('error', (error) => {
  throw error;
});
child.once('close', (code) => {
  tell();
  process.exit(code ?? 1);
});

function tell() {
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
  const leftOut = cases.filter(({ status }) => status !== 'passed' && status !== 'failed');
  if (options.case === undefined)
    for (const { fullName } of leftOut)
      console.log(`left out ${options.quick ? 'by the quick pass' : 'here'}: ${fullName}`);
  const took = ((performance.now() - started) / 1_000).toFixed(0);
  console.log(
    `${count('passed')} passed, ${count('failed')} failed, ${leftOut.length} left out, in ${took} s`,
  );
  console.log(`seed ${seed}${count('failed') > 0 ? '   (the same again: --seed N)' : ''}`);
}
