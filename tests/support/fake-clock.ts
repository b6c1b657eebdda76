/**
 * A wall clock of its own for a child process, which can be set while it runs (libfaketime). Only the wall clock: the
 * monotonic one, timers and file times stay what they are, as when a person or NTP sets a board's clock.
 */
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Requirement } from './prerequisites.ts';

export type FakeClock = {
  /** For the child's environment. */
  readonly env: Record<string, string>;
  /** The child's wall clock is the real one plus this, from its next look on. */
  setOffsetMs(offsetMs: number): void;
  /** The child's wall clock shows this now, and runs on. */
  setMs(epochMs: number): void;
  offsetMs(): number;
  dispose(): void;
};

function findLibrary(): string | null {
  for (const lib of ['/usr/lib', '/usr/local/lib', '/usr/lib64']) {
    const candidates = existsSync(lib)
      ? ['', ...readdirSync(lib).filter((name) => name.includes('linux'))]
      : [];
    for (const folder of candidates) {
      const path = join(lib, folder, 'faketime', 'libfaketimeMT.so.1');
      if (existsSync(path)) return path;
    }
  }
  return null;
}

export const FAKETIME: Requirement = {
  name: 'libfaketime',
  howToGetIt: 'apt-get install faketime',
  isThere: () => findLibrary() !== null,
};

export function createFakeClock(offsetMs = 0): FakeClock {
  const library = findLibrary();
  if (library === null) throw new Error(`libfaketime is missing: ${FAKETIME.howToGetIt}`);
  const folder = mkdtempSync(join(tmpdir(), 'manyi-clock-'));
  const file = join(folder, 'time');
  let offset = offsetMs;
  const write = () => {
    // Renamed into place: a process that looks meanwhile must not find an empty file.
    writeFileSync(`${file}.new`, `${offset < 0 ? '-' : '+'}${(Math.abs(offset) / 1_000).toFixed(3)}`);
    renameSync(`${file}.new`, file);
  };
  write();
  return {
    env: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    },
    setOffsetMs(next) {
      offset = next;
      write();
    },
    setMs(epochMs) {
      offset = epochMs - Date.now();
      write();
    },
    offsetMs: () => offset,
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}
