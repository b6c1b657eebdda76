// How far `npm ci` is, seen by what it leaves and what it says: a package is there when its package.json is, and what is
// compiled for this machine (the longest part on a small one) is announced with `--loglevel=info`.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Folders that npm will make on any machine: what only some systems get is not among them. */
export function packagesOf(lock) {
  return Object.entries(lock.packages)
    .filter(([path, { link, optional }]) => path.includes('node_modules/') && !link && !optional)
    .map(([path]) => path);
}

/** @returns {{look: () => object, hear: (line: string) => void}} for runStep */
export function watchNpm(root) {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const awaited = new Set(packagesOf(lock));
  const all = awaited.size;
  const running = new Set();
  return {
    look() {
      for (const path of awaited) if (existsSync(join(root, path, 'package.json'))) awaited.delete(path);
      const [compiled] = running;
      if (compiled !== undefined)
        return { doing: `making ${compiled} for this machine, some minutes on a small one` };
      return { done: all - awaited.size, all, unit: 'packages' };
    },
    hear(line) {
      // npm info run better-sqlite3@12.4.1 install node_modules/better-sqlite3 prebuild-install || node-gyp rebuild
      // npm info run better-sqlite3@12.4.1 install { code: 0, signal: null }
      const run = /^npm info run (@?[^@\s]+)@\S+ \S+ (.*)$/.exec(line);
      if (run === null) return;
      if (run[2].startsWith('{')) running.delete(run[1]);
      else running.add(run[1]);
    },
  };
}

/** What npm says at that level beside what went wrong. */
export const isNpmChatter = (line) => /^npm (info|http|verbose|sill) /.test(line);
