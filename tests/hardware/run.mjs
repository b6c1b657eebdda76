/**
 * The terminal agent on real kernel GPIO, in an emulated machine, against a real gateway outside it.
 * `node tests/hardware/run.mjs [--driver TEXT] [--case TEXT]`: only the drivers and cases whose names hold the text.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { beginRig } from '../support/rig.mjs';
import { buildGuest } from './build-guest.mjs';
import { CASES } from './cases.mjs';
import { createGateway } from './gateway.mjs';
import { fetchLibgpiod2 } from './libgpiod2.mjs';
import { createMachine } from './machine.mjs';
import { missingPrerequisites } from './prerequisites.mjs';
import { createTerminal } from './terminal.mjs';

const APP = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const RUN_TIMEOUT_MS = 15 * 60_000;
const CI = process.env.CI === 'true';

/** Both ways of wiring a button are among them. @type {import('./terminal.mjs').Driver[]} */
const DRIVERS = [
  { name: 'gpio-sysfs', inputs: 'gpio-sysfs', activeLow: true },
  { name: 'gpio-line', inputs: 'gpio-line', activeLow: true, main: true },
  {
    name: 'gpio-line, libgpiod 2',
    inputs: 'gpio-line',
    activeLow: false,
    path: '/tools/bin:/usr/bin:/bin',
    inputOnly: true,
  },
];

const { values: only } = parseArgs({ options: { driver: { type: 'string' }, case: { type: 'string' } } });
const matches = (/** @type {string} */ name, /** @type {string | undefined} */ text) =>
  name.includes(text ?? '');

const { count, say, end } = beginRig(RUN_TIMEOUT_MS);

/** A thing that is not here: a failure where all has to be here, elsewhere something to shout about. */
function miss(/** @type {string} */ what) {
  say(`${CI ? 'FAILED' : 'SKIPPED, NOT TESTED'}: ${what}`);
  if (CI) count.failed += 1;
}

async function main() {
  const missing = missingPrerequisites(APP);
  if (missing.length > 0) return miss(missing.join('; '));
  const image = await buildGuest();
  say(`guest ${image.built ? 'built' : 'from the cache'}: Linux ${image.release} with gpio-sim`);
  const tools = await fetchLibgpiod2().catch((error) => {
    miss(`libgpiod 2 could not be fetched: ${error.message}`);
    return undefined;
  });
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'manyi-hardware-'));
  process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  const gateway = await createGateway({ app: APP, dataDir: path.join(folder, 'gateway') });
  const machine = await createMachine({ image, app: APP, tools: tools ?? folder, folder, say });
  try {
    await Promise.all([gateway.start(), machine.powerOn()]);
    say('guest and gateway are up');
    for (const driver of DRIVERS) {
      if (matches(driver.name, only.driver) && (tools || !driver.path))
        await runDriver(driver, gateway, machine);
    }
  } finally {
    await machine.cutPower();
    await gateway.stop('SIGKILL');
  }
}

/**
 * @param {import('./terminal.mjs').Driver} driver
 * @param {import('./gateway.mjs').Gateway} gateway
 * @param {import('./machine.mjs').Machine} machine
 */
async function runDriver(driver, gateway, machine) {
  const request = { program: 'gpiomon', path: driver.path };
  const version = driver.inputs === 'gpio-line' ? `, ${await machine.ask('version', request)}` : '';
  say(`${driver.name}${version}, buttons ${driver.activeLow ? 'to ground' : 'to the supply'}`);
  /** @type {import('./terminal.mjs').Terminal | undefined} */
  let terminal;
  const cases = CASES.filter(
    ({ anyInput, once }) => !(anyInput && driver.inputOnly) && !(once && !driver.main),
  );
  for (const { name, run } of cases.filter(({ name }) => matches(name, only.case))) {
    const began = performance.now();
    try {
      if (!gateway.isUp()) await gateway.start();
      terminal ??= await createAndStart({ machine, gateway, driver });
      const remark = await run({ terminal, gateway, machine });
      await terminal.settle();
      await terminal.assertScored();
      count.passed += 1;
      const took = ((performance.now() - began) / 1000).toFixed(1);
      say(
        `  ok      ${name} (${took} s, ${terminal.thanked()} thanked in all)${remark ? `; ${remark}` : ''}`,
      );
    } catch (error) {
      count.failed += 1;
      say(`  FAILED  ${name}\n${error instanceof Error ? error.stack : error}`);
      say(`  the guest's console:\n${machine.consoleTail()}\n  the gateway's log:\n${gateway.logTail()}`);
      // Its account is not to be trusted any more: the next case has a new terminal.
      await terminal?.retire();
      terminal = undefined;
      if (!machine.isOn()) await machine.powerOn();
    }
  }
  await terminal?.retire();
}

async function createAndStart(/** @type {Parameters<typeof createTerminal>[0]} */ options) {
  const terminal = await createTerminal(options);
  try {
    await terminal.start();
    // A new terminal is enrolled before it is put on a counter; until then an emulated processor has no time for presses.
    await terminal.logged('the terminal is enrolled', ({ msg }) => msg === 'gateway connected', 0, 45_000);
  } catch (error) {
    await terminal.retire();
    throw error;
  }
  return terminal;
}

main().then(
  () => end(),
  (error) => end(error.stack),
);
