/** The fault suite: vitest's project `faults`, one file after another, everything drawn from one seed. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { filterOf, runProject } from '../support/run-project.mjs';

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
const settings = { MANYI_FAULTS: options.quick ? 'quick' : 'full' };
for (const name of /** @type {const} */ (['soak', 'headline'])) {
  const minutes = options[name];
  if (minutes !== undefined)
    settings[`MANYI_${name.toUpperCase()}_MINUTES`] = number(name, minutes, /^\d+(\.\d+)?$/);
}
if (options.terminals !== undefined)
  settings.MANYI_TERMINALS = number('terminals', options.terminals, /^\d{1,5}$/);

/** @returns {string[]} */
function filters() {
  if (only !== null) return [`tests/faults/${only}.test.ts`];
  return options.case === undefined ? [] : filterOf('faults', options.case);
}

runProject({
  ...{ project: 'faults', seed, settings, filters: filters() },
  leftOut: options.case !== undefined ? null : options.quick ? 'by the quick pass' : 'here',
});
