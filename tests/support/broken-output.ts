/** Where a program's log goes, and what can become of that: a descriptor for its standard output or error. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mountSmallDisk } from './small-disk.ts';

export type BrokenOutput = {
  /** To be handed to the program. */
  readonly fd: number;
  /** From now on nothing more can be written. */
  break(): void;
  /** Lines can be written again. */
  heal(): void;
  /** What has come out. */
  text(): string;
  dispose(): void;
};

/** A file on a disk that fills up. */
export function fullDisk(): BrokenOutput {
  const disk = mountSmallDisk(256);
  const path = join(disk.path, 'log');
  const fd = openSync(path, 'a');
  return {
    fd,
    break: disk.fill,
    heal: disk.free,
    text: () => readFileSync(path, 'utf8'),
    dispose() {
      closeSync(fd);
      disk.dispose();
    },
  };
}

/** `2>/dev/full`: broken from the beginning, for good. */
export function devFull(): BrokenOutput {
  const fd = openSync('/dev/full', 'w');
  return { fd, break: () => {}, heal: () => {}, text: () => '', dispose: () => closeSync(fd) };
}

/** A pipe whose reader goes away, or (`stays`) is there and reads nothing. */
function pipe(stays: boolean): BrokenOutput {
  const folder = mkdtempSync(join(tmpdir(), 'manyi-pipe-'));
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  const openReader = () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  let reader: number | null = openReader();
  const fd = openSync(path, 'w');
  let text = '';
  let broken = false;
  const readAll = () => {
    const chunk = Buffer.alloc(65_536);
    try {
      while (reader !== null) {
        const length = readSync(reader, chunk);
        if (length === 0) return;
        text += chunk.toString('utf8', 0, length);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  };
  return {
    fd,
    break() {
      readAll();
      broken = true;
      if (stays) fillPipe(path);
      if (stays || reader === null) return;
      closeSync(reader);
      reader = null;
    },
    heal() {
      broken = false;
      reader ??= openReader();
    },
    text() {
      if (!broken) readAll();
      return text;
    },
    dispose() {
      if (reader !== null) closeSync(reader);
      closeSync(fd);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Not one more line fits. */
function fillPipe(path: string): void {
  const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  try {
    for (const length of [4_096, 1]) {
      try {
        for (;;) writeSync(fd, '\n'.repeat(length));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      }
    }
  } finally {
    closeSync(fd);
  }
}

export const closedPipe = () => pipe(false);
export const unreadPipe = () => pipe(true);
