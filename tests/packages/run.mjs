/**
 * The Debian packages: built twice, judged, installed and used in clean Debians that are booted in containers.
 * `node tests/packages/run.mjs [--suite TEXT] [--packages FOLDER]`: only the Debians whose names hold the text; with packages that were
 * built before, which are not judged again.
 */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isInstalled } from '../support/rig/shell.mjs';
import { beginRig } from '../support/rig.mjs';
import { build, checksum, debsIn, lint, weigh, withOtherSettings } from './builds.mjs';
import { cleanRoot } from './clean-root.mjs';
import { fetchPage, gatewayReady, isActive, logOf, openCounter } from './counter.mjs';
import { bootDebian } from './debian.mjs';
import * as installed from './installed.mjs';
import * as life from './life.mjs';
import * as watchdog from './watchdog.mjs';

const APP = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const RUN_TIMEOUT_MS = 30 * 60_000;
const CI = process.env.CI === 'true';
/** Debian 12 and 13. */
const SUITES = ['bookworm', 'trixie'];
/** Program → Debian package, as in scripts/setup. */
const PROGRAMS = {
  debootstrap: 'debootstrap',
  'systemd-nspawn': 'systemd-container',
  nsenter: 'util-linux',
  lintian: 'lintian',
  strace: 'strace',
  'dpkg-deb': 'dpkg',
};

const { values: only } = parseArgs({
  options: { suite: { type: 'string', default: '' }, packages: { type: 'string' } },
});
const { count, say, end } = beginRig(RUN_TIMEOUT_MS);

async function check(/** @type {string} */ name, /** @type {() => unknown} */ act) {
  const began = performance.now();
  try {
    const remark = await act();
    count.passed += 1;
    const took = ((performance.now() - began) / 1000).toFixed(1);
    say(`  ok      ${name} (${took} s)${remark ? `: ${remark}` : ''}`);
  } catch (error) {
    count.failed += 1;
    say(`  FAILED  ${name}\n${error instanceof Error ? error.stack : error}`);
    throw new Stopped();
  }
}

/** What comes after a failed check would only fail by it. */
class Stopped extends Error {}

function missing() {
  const found = Object.entries(PROGRAMS)
    .filter(([program]) => !isInstalled(program))
    .map(([program, name]) => `${program} is not installed (apt install ${name})`);
  if (process.getuid?.() !== 0) found.push('only root may boot a container');
  if (process.platform !== 'linux' || process.arch !== 'x64')
    found.push('the containers are for x86-64 Linux');
  return found;
}

async function main() {
  const lacking = missing();
  if (lacking.length > 0) {
    say(`${CI ? 'FAILED' : 'SKIPPED, NOT TESTED'}: ${lacking.join('; ')}`);
    if (CI) count.failed += 1;
    return;
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'manyi-packages-'));
  process.once('exit', () => fs.rmSync(folder, { recursive: true, force: true }));
  // The container's own users read it.
  fs.chmodSync(folder, 0o755);
  const packages = path.join(folder, 'packages');
  const versions = await buildAll(folder, packages);
  for (const suite of SUITES.filter((name) => name.includes(only.suite)))
    await liveOn(suite, folder, packages, versions).catch((error) => {
      if (!(error instanceof Stopped)) throw error;
    });
}

/** @returns {Promise<life.Versions>} */
async function buildAll(/** @type {string} */ folder, /** @type {string} */ packages) {
  say('packages');
  const { version: older } = JSON.parse(fs.readFileSync(path.join(APP, 'package.json'), 'utf8'));
  const versions = { older, newer: `${older}+1`, newest: `${older}+2` };
  if (only.packages !== undefined) {
    fs.cpSync(only.packages, packages, { recursive: true });
    say(`  from ${only.packages}, NOT JUDGED: ${weigh(debsIn(packages))}`);
  } else {
    await check('they are built', async () => weigh(await build(APP, packages, { arch: 'amd64' })));
    await judge(folder, debsIn(packages));
  }
  const debs = debsIn(packages).filter(({ version }) => version !== versions.newer);
  await check('later versions are built', async () => {
    for (const name of ['manyi-terminal', 'manyi-gateway'])
      await build(APP, packages, { only: name, version: versions.newer, arch: 'amd64' });
    const gateway = debs.find(({ name }) => name === 'manyi-gateway');
    assert.ok(gateway);
    const settings = 'etc/manyi/gateway.env';
    return withOtherSettings(gateway, versions.newest, settings, '\n# A setting of tomorrow.\n', packages);
  });
  return versions;
}

async function judge(/** @type {string} */ folder, /** @type {import('./builds.mjs').Deb[]} */ debs) {
  await check('the same commit gives the same bytes, whatever umask, time zone and folder', async () => {
    const again = {
      arch: 'amd64',
      scratch: path.join(folder, 'elsewhere'),
      umask: '077',
      zone: 'Asia/Shanghai',
    };
    const second = await build(APP, path.join(folder, 'again'), again);
    assert.deepEqual(second.map(checksum), debs.map(checksum));
    return debs.map((deb) => `${deb.name} ${checksum(deb).slice(0, 12)}`).join(', ');
  });
  await check('lintian finds no error and no warning', () => lint(debs));
}

async function liveOn(
  /** @type {string} */ suite,
  /** @type {string} */ folder,
  /** @type {string} */ packages,
  /** @type {life.Versions} */ versions,
) {
  const root = await cleanRoot(suite);
  const debian = await bootDebian({ suite, root, folder, packages });
  say(
    `Debian ${await debian.sh('cat /etc/debian_version')} (${suite}), systemd ${await debian.sh('systemctl --version | head -1 | cut -d" " -f2')}, booted in a container without network`,
  );
  const files = [
    'manyi-runtime_*',
    `manyi-gateway_${versions.older}_*`,
    `manyi-terminal_${versions.older}_*`,
  ];
  try {
    await check('apt installs all three', async () => {
      const { code, said } = await debian.tried(
        `apt-get install -y ${files.map((file) => `/packages/${file}`).join(' ')}`,
      );
      assert.equal(code, 0, said);
      assert.match(said, /manyi-terminal: set the gateway and the code in/);
      await gatewayReady(debian);
      assert.ok(await isActive(debian, 'manyi-gateway'));
      assert.equal(await isActive(debian, 'manyi-terminal'), false, 'without a code it would only fail');
      assert.equal(await debian.sh('systemctl is-system-running'), 'running');
    });
    await check('files and modes', () => installed.files(debian));
    await check('users and groups', () => installed.users(debian));
    await check('units', () => installed.units(debian));
    await check('the wall is served', async () => {
      const { status, text } = await fetchPage(debian, '/wall/');
      assert.equal(status, 200);
      assert.match(text, /<!doctype html>/i);
      await debian.sh('systemctl reload manyi-gateway');
    });
    const counter = await openCounter(debian);
    const scene = { debian, counter };
    await check('a terminal enrols; presses are thanked, stored and read back', async () => {
      await counter.press(0, 1, 2, 0);
      return counter.settle();
    });
    await check('the running services are restricted', () => installed.restrictions(debian));
    await check('services are started when they are ready, and watched', () => watchdog.told(debian));
    await check('a card that takes a write and never ends it: started again', () =>
      watchdog.hungCard(debian, counter),
    );
    for (const name of ['manyi-terminal', 'manyi-gateway'])
      await check(`${name} stands still: started again`, () => watchdog.stopped(debian, counter, name));
    await watchdog.asBefore(debian);
    await check('a newer version', () => life.upgrade(scene, versions));
    await check('a newer version with other settings', () => life.upgradeWithOtherSettings(scene, versions));
    await check('an older version', () => life.downgrade(scene, versions));
    await check('an older version does not touch the database of a newer one', () =>
      life.newerDatabase(scene),
    );
    await check('removed, and installed again', () => life.removeAndReturn(scene, versions));
    await check('purged without an answer: data stay, and are taken up again', () =>
      life.purgeKeepsData(scene, versions),
    );
    await check('purged by somebody who said that data go', () => life.purgeDeletesData(scene));
  } catch (error) {
    for (const unit of ['manyi-gateway', 'manyi-terminal'])
      say(`  ${unit}:\n${(await logOf(debian, unit).catch(String)).slice(-3000)}`);
    throw error;
  } finally {
    await debian.end();
  }
}

main().then(
  () => end(),
  (error) => end(error instanceof Stopped ? undefined : error.stack),
);
