/** The cluster suite: vitest's project `cluster`, one case after another, each with the machine to itself. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { filterOf, runProject } from '../support/run-project.mjs';

const HELP = `Several gateways on one database, with the real servers (Patroni, etcd, HAProxy, streaming standbys) and faults in each of them;
each case ends in stored >= acked == thanked, and every gateway's score == recount.

  npm run test:cluster -- [options]

  --seed N      draw the same again; without it another seed each time
  --case TEXT   only files or cases whose names hold TEXT
  --short       only what needs no Patroni and no etcd: a primary with one standby that is promoted by hand
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
    return parseArgs({ options: { seed: text, case: text, short: flag, help: flag } }).values;
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

/** Gateways judge by the default rules: raw and counted scores are recounted, verdicts by hand. */
const SETTINGS = { MANYI_CLUSTER: 'yes', MANYI_FIRST_RULES: 'default' };

const options = readOptions();
if (options.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
if (options.short && options.case !== undefined) fail('one of --short and --case');
const seed = options.seed ?? String(randomInt(1, 2 ** 31));
if (!/^\d{1,15}$/.test(seed) || Number(seed) === 0) fail(`--seed ${seed}: must be a number above 0`);

/** @returns {string[]} */
function filters() {
  if (options.short) return ['tests/cluster/short.test.ts'];
  return options.case === undefined ? [] : filterOf('cluster', options.case);
}

runProject({
  ...{ project: 'cluster', seed, settings: SETTINGS, filters: filters() },
  leftOut: options.case !== undefined || options.short ? null : 'here',
});
