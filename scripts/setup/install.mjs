// node_modules as package-lock.json wants it, for this Node (native modules are built for one Node version).
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isNpmChatter, watchNpm } from './npm-progress.mjs';
import { runStep } from './progress.mjs';

const stampPath = (root) => join(root, 'node_modules', '.manyi-setup');

function wantedStamp(root) {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .update(`${process.version} ${process.platform} ${process.arch}`)
    .digest('hex');
}

export function isInstalled(root) {
  try {
    return readFileSync(stampPath(root), 'utf8') === wantedStamp(root);
  } catch {
    return false;
  }
}

export async function install(root) {
  if (!isInstalledByHand(root)) {
    await runStep({
      title: 'Installing the npm packages',
      command: 'npm',
      // At this level it says what it compiles, which takes longest where no ready-made module fits.
      args: ['ci', '--no-fund', '--no-audit', '--loglevel=info'],
      cwd: root,
      ...watchNpm(root),
      isNoise: isNpmChatter,
    });
  }
  writeFileSync(stampPath(root), wantedStamp(root));
}

/** Whether someone's own `npm ci` or `npm install` has left just what the lock file says, built for this Node. */
function isInstalledByHand(root) {
  const hiddenLock = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(hiddenLock)) return false;
  try {
    const installed = JSON.parse(readFileSync(hiddenLock, 'utf8')).packages;
    const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
    const differs = Object.entries(wanted).some(
      ([path, { version, optional, link }]) =>
        path.includes('node_modules/') && !link && !optional && installed[path]?.version !== version,
    );
    if (differs) return false;
    execFileSync(process.execPath, ['-e', "new (require('better-sqlite3'))(':memory:').close()"], {
      cwd: root,
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}
