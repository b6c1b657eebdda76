// npm run package: dist/packages/NAME_VERSION_ARCHITECTURE.deb. The same commit gives the same bytes: see README.md beside this file.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { manifestOf } from './bundled.mjs';
import { buildDeb } from './deb.mjs';
import { ARCHITECTURES } from './pins.mjs';
import { MAINTAINER, PROGRAMS, putCommon } from './programs.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const USAGE = `usage: npm run package [-- --only NAME] [--arch ${Object.keys(ARCHITECTURES).join('|')}] [--version VERSION] [--output FOLDER]`;

function main() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      arch: { type: 'string' },
      version: { type: 'string', default: manifestOf(root).version },
      output: { type: 'string', default: join(root, 'dist/packages') },
    },
  });
  const programs = PROGRAMS.filter(({ name }) => values.only === undefined || name === values.only);
  const architectures = Object.keys(ARCHITECTURES).filter(
    (name) => values.arch === undefined || name === values.arch,
  );
  if (programs.length === 0 || architectures.length === 0) throw new Error(`bad-argument: ${USAGE}`);
  if (!/^[0-9][0-9a-z.~+]*$/.test(values.version))
    throw new Error(`bad-version: ${values.version} is no version that dpkg can compare`);
  // What runs says its own version, and a fleet is looked after by that.
  const { version } = manifestOf(root);
  if (values.version !== version && !/^[+~]/.test(values.version.replace(version, '')))
    throw new Error(`bad-version: programs say ${version}: write ${version}+1 for another package of them`);
  const epochS = sourceDate();
  for (const architecture of architectures)
    for (const program of programs) {
      const path = make(program, architecture, { own: values.version, epochS, output: values.output });
      const mb = (statSync(path).size / 1e6).toFixed(2);
      const sum = createHash('sha256').update(readFileSync(path)).digest('hex');
      process.stdout.write(`${basename(path)}  ${mb} MB  sha256 ${sum}\n`);
    }
}

function make({ name, debian, version, fields, fill }, architecture, { own, epochS, output }) {
  const scratch = mkdtempSync(join(tmpdir(), 'manyi-package-'));
  try {
    const folder = join(scratch, 'root');
    const work = { root, architecture, folder, scratch, debian, name };
    const ofPackage = version(own);
    fill(work);
    const date = new Date(epochS * 1000).toUTCString().replace('GMT', '+0000');
    putCommon(work, { version: ofPackage, date });
    return buildDeb({
      folder,
      debian: join(root, debian),
      epochS,
      output,
      fields: {
        Package: name,
        Version: ofPackage,
        Architecture: architecture,
        Maintainer: MAINTAINER,
        Priority: 'optional',
        ...fields,
      },
    });
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Of the commit, so that who builds it later gets the same; a builder without git says it. */
function sourceDate() {
  const given = process.env.SOURCE_DATE_EPOCH;
  if (given !== undefined) {
    if (!/^\d{1,10}$/.test(given))
      throw new Error('bad-source-date: SOURCE_DATE_EPOCH must be whole seconds');
    return Number(given);
  }
  return Number(execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' }));
}

try {
  main();
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
