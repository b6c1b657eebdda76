// Gets what is pinned through npm, once, and believes it only by its checksum.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'manyi/packages');

/** @param {import('./pins.mjs').Pin} pin @param {string} folder gets `package/` */
export function unpackPinned(pin, folder) {
  const archive = fetchPinned(pin);
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['-xzf', archive, '-C', folder, '--no-same-owner']);
  return join(folder, 'package');
}

function fetchPinned(pin) {
  const path = join(CACHE, `${pin.name}-${pin.version}.tgz`);
  if (existsSync(path) && isRight(path, pin)) return path;
  mkdirSync(CACHE, { recursive: true });
  // Into a folder of its own, then renamed: two builds may fetch the same.
  const folder = mkdtempSync(join(CACHE, 'fetch-'));
  try {
    execFileSync('npm', ['pack', '--silent', '--pack-destination', folder, `${pin.name}@${pin.version}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [name] = readdirSync(folder);
    if (name === undefined || !isRight(join(folder, name), pin))
      throw new Error(`package-tampered: ${pin.name} ${pin.version} from npm is not what pins.mjs names`);
    renameSync(join(folder, name), path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return path;
}

const isRight = (path, { integrity }) =>
  `sha512-${createHash('sha512').update(readFileSync(path)).digest('base64')}` === integrity;
