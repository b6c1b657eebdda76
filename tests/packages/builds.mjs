/** The packages under test: built from this checkout, as everybody builds them, and a later version of them. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { run } from '../support/rig/shell.mjs';

const execFileAsync = promisify(execFile);
const BUILD_TIMEOUT_MS = 10 * 60_000;
/** What an update over one bar of signal costs, and what a new card costs (README of scripts/package). */
const LIMITS_MB = { 'manyi-terminal': 2, 'manyi-runtime': 30 };

/** @typedef {{ folder: string, name: string, version: string, architecture: string, file: string }} Deb */

/**
 * @param {string} app the checkout, built
 * @param {string} output
 * @param {{ only?: string, version?: string, arch?: string, scratch?: string, umask?: string, zone?: string }} [how]
 * @returns {Promise<Deb[]>}
 */
export async function build(app, output, { only, version, arch, scratch, umask = '022', zone = 'UTC' } = {}) {
  const options = Object.entries({ only, version, arch, output }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  );
  const program = path.join(app, 'scripts/package/main.mjs');
  fs.mkdirSync(output, { recursive: true });
  if (scratch !== undefined) fs.mkdirSync(scratch, { recursive: true });
  const env = { ...process.env, TZ: zone, ...(scratch === undefined ? {} : { TMPDIR: scratch }) };
  const script = `umask ${umask}; exec "$@"`;
  await run('sh', ['-c', script, 'sh', process.execPath, program, ...options], {
    cwd: app,
    env,
    timeoutMs: BUILD_TIMEOUT_MS,
  });
  return debsIn(output);
}

/** @returns {Deb[]} */
export function debsIn(/** @type {string} */ folder) {
  return fs
    .readdirSync(folder)
    .filter((file) => file.endsWith('.deb'))
    .sort()
    .map((file) => {
      const [name = '', version = '', architecture = ''] = file.slice(0, -'.deb'.length).split('_');
      return { folder, name, version, architecture, file };
    });
}

export const checksum = (/** @type {Deb} */ { folder, file }) =>
  createHash('sha256')
    .update(fs.readFileSync(path.join(folder, file)))
    .digest('hex');

/** @returns {string} what they weigh @throws when one is heavier than promised */
export function weigh(/** @type {Deb[]} */ debs) {
  return debs
    .map(({ name, folder, file }) => {
      const mb = fs.statSync(path.join(folder, file)).size / 1e6;
      const limit = LIMITS_MB[/** @type {keyof typeof LIMITS_MB} */ (name)] ?? Number.POSITIVE_INFINITY;
      if (mb > limit) throw new Error(`${file} has ${mb.toFixed(2)} MB; ${limit} are promised`);
      return `${file} ${mb.toFixed(2)} MB`;
    })
    .join(', ');
}

/** Debian's own judge; nothing may be said, overridden or not in its reason. @throws with what it says */
export async function lint(/** @type {Deb[]} */ debs) {
  const files = debs.map(({ folder, file }) => path.join(folder, file));
  // As root it says that it is root; a warning fails.
  const args = ['--allow-root', '--fail-on', 'error,warning', '--tag-display-limit', '0', ...files];
  try {
    await execFileAsync('lintian', args, { timeout: BUILD_TIMEOUT_MS });
  } catch (error) {
    const { stdout = '', stderr = '' } = /** @type {{ stdout?: string, stderr?: string }} */ (error);
    throw new Error(`lintian: ${stdout}${stderr}`);
  }
}

/**
 * The same package as the next release would bring it, with settings that are not what they were: a conffile of another text.
 * @param {Deb} deb @param {string} version @param {string} conffile @param {string} addition @param {string} output
 */
export async function withOtherSettings(deb, version, conffile, addition, output) {
  const tree = fs.mkdtempSync(path.join(output, '.tree-'));
  try {
    await run('dpkg-deb', ['-R', path.join(deb.folder, deb.file), tree]);
    fs.appendFileSync(path.join(tree, conffile), addition);
    const control = path.join(tree, 'DEBIAN/control');
    const text = fs.readFileSync(control, 'utf8').replace(/^Version: .*$/m, `Version: ${version}`);
    fs.writeFileSync(control, text);
    const file = `${deb.name}_${version}_${deb.architecture}.deb`;
    await run('dpkg-deb', ['--root-owner-group', '-Zgzip', '--build', tree, path.join(output, file)]);
    return file;
  } finally {
    fs.rmSync(tree, { recursive: true, force: true });
  }
}
