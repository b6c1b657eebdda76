// What each package holds.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { licencesOf, manifestOf, packagesBelow } from './bundled.mjs';
import { filesBelow, put, putCopy, putZipped } from './deb.mjs';
import { assertFits } from './elf.mjs';
import { unpackPinned } from './pinned.mjs';
import { ARCHITECTURES, GLIBC, NODE_VERSION, SQLITE } from './pins.mjs';

/** Left where npm puts them by scripts/setup/bundle-gateway.mjs; better-sqlite3 comes from the pins. */
const GATEWAY_APART = ['pino', '@fastify/swagger', '@fastify/swagger-ui'];
/** A Node that is older lacks mends that the packages were tried with. */
const RUNTIME = `manyi-runtime (>= ${NODE_VERSION})`;
/** Pages are bundled of all that they name, but for what bundles them. */
const BUNDLER = 'vite';
const COMPILED = ['libc6 (>= 2.34)', 'libgcc-s1', 'libstdc++6'];
/** Users and services are systemd's; whether a purge deletes data is asked by debconf. */
const SYSTEM = ['systemd', 'debconf (>= 0.5) | debconf-2.0'];

/**
 * @typedef {{ root: string, architecture: string, folder: string, scratch: string, debian: string, name: string }} Work
 * @typedef {{ name: string, debian: string, version: (own: string) => string, fields: Record<string, string>, fill(work: Work): void }} Program
 */

/** @type {Program[]} */
export const PROGRAMS = [
  {
    name: 'manyi-runtime',
    debian: 'scripts/package/runtime',
    version: () => NODE_VERSION,
    fields: { Section: 'javascript', Depends: 'libc6 (>= 2.28), libgcc-s1, libstdc++6' },
    fill({ architecture, folder, scratch, name }) {
      const pin = ARCHITECTURES[architecture];
      const node = unpackPinned(pin, join(scratch, 'node'));
      putCopy(folder, 'usr/lib/manyi-runtime/node', join(node, 'bin/node'), 0o755);
      const target = join(folder, 'usr/lib/manyi-runtime/node');
      execFileSync(pin.strip, ['--strip-unneeded', '--remove-section=.comment', target]);
      assertFits(target, pin.machine, [2, 28]);
      putZipped(folder, `usr/share/doc/${name}/third-party`, readFileSync(join(node, 'LICENSE')));
    },
  },
  {
    name: 'manyi-terminal',
    debian: 'device/debian',
    version: (own) => own,
    fields: { Section: 'misc', Depends: [RUNTIME, ...COMPILED, ...SYSTEM, 'gpiod'].join(', ') },
    fill(work) {
      const { root, folder } = work;
      const home = 'usr/lib/manyi-terminal';
      putPrograms(folder, home, join(root, 'dist/terminal'));
      putSqlite(work, home);
      const device = join(root, 'device');
      const own = Object.keys(manifestOf(device).dependencies).filter((name) => name !== SQLITE.name);
      putLicences(work, packagesBelow(root, device, own));
    },
  },
  {
    name: 'manyi-gateway',
    debian: 'gateway/debian',
    version: (own) => own,
    fields: {
      Section: 'net',
      Depends: [RUNTIME, ...COMPILED, ...SYSTEM].join(', '),
      Recommends: 'ca-certificates, tzdata',
    },
    fill(work) {
      const { root, folder } = work;
      const home = 'usr/lib/manyi-gateway';
      // As deep as in a checkout: the gateway looks for its pages from where it is.
      putPrograms(folder, `${home}/dist/gateway/run`, join(root, 'dist/gateway/run'));
      for (const path of filesBelow(join(root, 'dist/pages')))
        putCopy(folder, `${home}/${path.slice(root.length + 1)}`, path);
      const gateway = join(root, 'gateway');
      for (const found of packagesBelow(root, gateway, GATEWAY_APART)) putModule(folder, home, root, found);
      putSqlite(work, home);
      const own = Object.keys(manifestOf(gateway).dependencies).filter((name) => name !== SQLITE.name);
      const bundled = new Set([...packagesBelow(root, gateway, own), ...packagesOfPages(root)]);
      putLicences(work, [...bundled].filter((path) => !path.includes('@manyi')).sort());
    },
  },
];

export function packagesOfPages(root) {
  const dashboard = join(root, 'dashboard');
  const names = Object.keys(manifestOf(dashboard).devDependencies).filter((name) => name !== BUNDLER);
  return packagesBelow(root, dashboard, names);
}

/** Bundled JavaScript, without the maps. Its package.json says that it is made of modules. */
function putPrograms(folder, home, from) {
  for (const name of readdirSync(from).filter((name) => name.endsWith('.js')))
    put(folder, `${home}/${name}`, withoutMapLine(readFileSync(join(from, name), 'utf8')));
  put(folder, `${home}/package.json`, '{ "type": "module" }\n');
}

const withoutMapLine = (text) => text.replace(/\n\/\/# sourceMappingURL=\S+\n?$/, '\n');

/** What is read when it runs: no types, no texts, no tests, no maps. */
const USED = /\.(js|cjs|mjs|json|html|css|png|svg|wasm)$/;
const UNUSED = [
  /\/(test|tests|__tests__|examples?|benchmarks?|\.github|\.husky|\.vscode)\//,
  /\/(eslint|vite|tsconfig|biome)[^/]*$|-lock\.json$/,
  // Programs for the command line, and a library's own web site.
  /^\/((bin|cli)\.m?js|[^/]*\.html)$/,
];

function putModule(folder, home, root, from) {
  const place = from.slice(root.length + 1);
  for (const path of filesBelow(from)) {
    const rest = path.slice(from.length);
    if (rest.startsWith('/node_modules/') || !USED.test(rest)) continue;
    if (UNUSED.some((pattern) => pattern.test(rest))) continue;
    putCopy(folder, `${home}/${place}${rest}`, path);
  }
}

function putSqlite({ architecture, folder, scratch }, home) {
  const { prebuild, machine, strip } = ARCHITECTURES[architecture];
  const from = unpackPinned(SQLITE, join(scratch, 'sqlite'));
  const place = `${home}/node_modules/${SQLITE.name}`;
  put(folder, `${place}/package.json`, readFileSync(join(from, 'package.json')));
  for (const path of filesBelow(join(from, 'lib')))
    if (!/(darwin|win32|linux|linuxmusl)-(x64|arm64)\.js$/.test(path))
      putCopy(folder, `${place}${path.slice(from.length)}`, path);
  const compiled = join(from, 'prebuilds', prebuild);
  execFileSync(strip, ['--strip-unneeded', compiled]);
  assertFits(compiled, machine, GLIBC);
  putCopy(folder, `${place}/prebuilds/${prebuild}`, compiled);
}

function putLicences({ folder, scratch, name }, folders) {
  const sqlite = join(scratch, 'sqlite/package');
  putZipped(folder, `usr/share/doc/${name}/third-party`, licencesOf([...folders, sqlite]));
}

/** Every file of `debian/files/` to where it says; man pages and changelog compressed; overrides under the package's name. */
export function putCommon({ root, debian, folder, name }, { version, date }) {
  const files = join(root, debian, 'files');
  if (existsSync(files))
    for (const path of filesBelow(files)) {
      const place = path.slice(files.length + 1);
      if (place.startsWith('usr/share/man/')) putZipped(folder, place, readFileSync(path));
      else putCopy(folder, place, path, /^usr\/s?bin\//.test(place) ? 0o755 : modeOf(place));
    }
  const doc = `usr/share/doc/${name}`;
  if (!existsSync(join(folder, doc, 'copyright')))
    putCopy(folder, `${doc}/copyright`, join(root, debian, 'copyright'));
  putZipped(
    folder,
    `${doc}/changelog`,
    `${name} (${version}) stable; urgency=medium\n\n  * See CHANGELOG.md in the sources of this version.\n\n -- ${MAINTAINER}  ${date}\n`,
  );
  const overrides = join(root, debian, 'lintian-overrides');
  if (existsSync(overrides)) putCopy(folder, `usr/share/lintian/overrides/${name}`, overrides);
}

export const MAINTAINER = 'Manyi <packages@manyi.example>';

/** Settings may hold passwords. */
const modeOf = (place) => (place.startsWith('etc/') ? 0o640 : 0o644);
