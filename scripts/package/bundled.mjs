// The npm packages that a program is made of, found as Node would find them; and their licences, which go wherever their code goes.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Folders of the packages that `names` need, with those themselves, sorted.
 * @param {string} from folder of whoever asks @param {string[]} names
 */
export function packagesBelow(root, from, names) {
  const found = new Set();
  const add = (asker, name, optional) => {
    const folder = resolveFrom(root, asker, name);
    if (folder === null) {
      if (optional) return;
      throw new Error(`package-missing: ${name}, which ${asker} needs, is not in node_modules`);
    }
    if (found.has(folder)) return;
    found.add(folder);
    const { dependencies = {}, optionalDependencies = {} } = manifestOf(folder);
    for (const next of Object.keys({ ...dependencies, ...optionalDependencies }))
      add(folder, next, next in optionalDependencies);
  };
  for (const name of names) add(from, name, false);
  return [...found].sort();
}

export const manifestOf = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

function resolveFrom(root, asker, name) {
  for (let folder = asker; folder.startsWith(root); folder = dirname(folder)) {
    const path = join(folder, 'node_modules', name);
    if (existsSync(join(path, 'package.json'))) return path;
  }
  return null;
}

/** One text with the licence of each, in order. */
export function licencesOf(folders) {
  return folders
    .map((folder) => {
      const { name, version, license } = manifestOf(folder);
      const texts = readdirSync(folder)
        .filter((name) => /^(licen[cs]e|notice|copying)/i.test(name))
        .sort()
        .flatMap((name) => filesAt(join(folder, name)))
        .map((path) => readFileSync(path, 'utf8').replaceAll('\r\n', '\n').trim());
      return `${name} ${version} (${license ?? 'see below'})\n\n${texts.join('\n\n')}\n`;
    })
    .join(`\n${'='.repeat(78)}\n\n`);
}

/** What a package has of others' licences may be a folder. */
const filesAt = (path) =>
  statSync(path).isDirectory()
    ? readdirSync(path)
        .sort()
        .flatMap((name) => filesAt(join(path, name)))
    : [path];
