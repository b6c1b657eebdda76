/** A disk that can really be full: a tmpfs of a few hundred kilobytes. Mounting one takes root. */
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Requirement, succeeds } from './prerequisites.ts';

export type SmallDisk = {
  readonly path: string;
  /** Takes every byte that is left; what writes to the disk from now on gets ENOSPC. */
  fill(): void;
  /** Gives back what `fill` took. */
  free(): void;
  freeBytes(): number;
  /** Unmounts, even while a process still has files open on it. */
  dispose(): void;
};

export const MOUNTS: Requirement = {
  name: 'the right to mount a tmpfs',
  howToGetIt: 'run the tests as root (in a container: with CAP_SYS_ADMIN)',
  isThere() {
    try {
      mountSmallDisk(64).dispose();
      return true;
    } catch {
      return false;
    }
  },
};

/** @throws when it cannot be mounted: see MOUNTS. */
export function mountSmallDisk(sizeKb: number): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'manyi-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeKb}k,mode=0700`, 'manyi-test', path], {
      stdio: 'pipe',
    });
  } catch (error) {
    rmSync(path, { recursive: true, force: true });
    throw error;
  }
  const filler = join(path, '.filler');
  const freeBytes = () => {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  };
  const dispose = () => {
    process.off('exit', dispose);
    if (!existsSync(path)) return;
    if (!succeeds('umount', [path])) succeeds('umount', ['-l', path]);
    rmSync(path, { recursive: true, force: true });
  };
  // Also after a case that failed half way.
  process.once('exit', dispose);
  return {
    path,
    fill() {
      const fd = openSync(filler, 'a');
      try {
        while (freeBytes() > 0) writeSync(fd, Buffer.alloc(Math.min(freeBytes(), 1 << 20)));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      } finally {
        closeSync(fd);
      }
    },
    free: () => rmSync(filler, { force: true }),
    freeBytes,
    dispose,
  };
}
