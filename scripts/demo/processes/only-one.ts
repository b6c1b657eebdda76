import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { claimFolder } from '../../../gateway/store/claim.ts';
import { DemoError } from '../demo-error.ts';

/** Two demos with the same journals would give the same numbers to different votes. @returns the release */
export function claimDataDir(dataDir: string): () => void {
  const holder = join(dataDir, 'demo.pid');
  const claim = claimFolder(dataDir, 'demo.lock', 0);
  if (claim === null)
    throw new DemoError(
      'data-dir-in-use',
      `another demo (process ${readText(holder)}) uses ${dataDir}. Stop it, or choose another folder with --data-dir.`,
    );
  writeFileSync(holder, String(process.pid));
  return claim.release;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return 'unknown';
  }
}
