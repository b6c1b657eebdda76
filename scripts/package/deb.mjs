// A folder → a .deb whose bytes depend on nothing but what is in the folder: one time for every file, one owner, one order, fixed modes.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';

const SCRIPTS = ['preinst', 'postinst', 'prerm', 'postrm', 'config'];
/** What debconf asks. */
const QUESTIONS = 'templates';

/** Writes a file of the package, made folders and all. */
export function put(folder, path, content, mode = 0o644) {
  const target = join(folder, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, content);
  chmodSync(target, mode);
}

export function putCopy(folder, path, source, mode = 0o644) {
  const target = join(folder, path);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(source, target);
  chmodSync(target, mode);
}

/** Node's gzip writes no name and no time. */
export const putZipped = (folder, path, text) => put(folder, `${path}.gz`, gzipSync(text, { level: 9 }));

/**
 * @param {{ folder: string, debian: string, fields: Record<string, string>, epochS: number, output: string }} deb
 * `debian` is a folder with the maintainer scripts and the description.
 * @returns {string} the path of the .deb
 */
export function buildDeb({ folder, debian, fields, epochS, output }) {
  const files = filesBelow(folder);
  const bytes = files.reduce((sum, path) => sum + lstatSync(path).size, 0);
  const control = { ...fields, 'Installed-Size': String(Math.ceil(bytes / 1024)) };
  const description = readFileSync(join(debian, 'description'), 'utf8').trimEnd();
  const lines = Object.entries(control).map(([name, value]) => `${name}: ${value}`);
  put(folder, 'DEBIAN/control', `${lines.join('\n')}\nDescription: ${description}\n`);
  const names = files.map((path) => relative(folder, path));
  put(
    folder,
    'DEBIAN/md5sums',
    names
      .filter((_, index) => lstatSync(files[index]).isFile())
      .map(
        (name) =>
          `${createHash('md5')
            .update(readFileSync(join(folder, name)))
            .digest('hex')}  ${name}\n`,
      )
      .join(''),
  );
  const settings = names.filter((name) => name.startsWith('etc/')).map((name) => `/${name}\n`);
  if (settings.length > 0) put(folder, 'DEBIAN/conffiles', settings.join(''));
  for (const script of SCRIPTS)
    if (existsSync(join(debian, script))) putCopy(folder, `DEBIAN/${script}`, join(debian, script), 0o755);
  if (existsSync(join(debian, QUESTIONS))) putCopy(folder, `DEBIAN/${QUESTIONS}`, join(debian, QUESTIONS));
  settle(folder, epochS);
  mkdirSync(output, { recursive: true });
  const name = `${fields.Package}_${fields.Version}_${fields.Architecture}.deb`;
  const half = join(output, `.${name}.half`);
  // Debian 12's dpkg-deb and apt read xz; zstd is an error of lintian there. One thread: more cut the stream elsewhere.
  const how = ['--root-owner-group', '-Zxz', '-z9', '--threads-max=1', '--build'];
  execFileSync('dpkg-deb', [...how, folder, half], {
    env: { PATH: process.env.PATH, SOURCE_DATE_EPOCH: String(epochS), LC_ALL: 'C', TZ: 'UTC' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  renameSync(half, join(output, name));
  return join(output, name);
}

/** Sorted by bytes, folders left out. */
export function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** Folders 0755 whatever the umask, and one time for all. */
function settle(folder, epochS) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) settle(path, epochS);
    else lutimesSync(path, epochS, epochS);
  }
  chmodSync(folder, 0o755);
  lutimesSync(folder, epochS, epochS);
}
