/** What is kept beside a journal and beside a store is whole or is what it was before, also where the disk fills up in the middle. */
import { chownSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Memory, readMemory, writeMemory } from '../../../device/commands/command-file.ts';
import { openIdentityStore } from '../../../device/identity/identity.ts';
import { have } from '../../support/prerequisites.ts';
import { MOUNTS, mountSmallDisk } from '../../support/small-disk.ts';

const PAGE_BYTES = 4_096;
const remembered = (count: number): Memory => ({
  waiting: [],
  results: Array.from({ length: count }, (_, index) => ({
    result: { id: `c-${index}`, ok: true, detail: 'x'.repeat(1_000) },
    said: true,
  })),
});

describe.runIf(have(MOUNTS))('on a disk with room for the beginning only', () => {
  it('what a terminal was told is what it was before, and its key is not cut off', async () => {
    const disk = mountSmallDisk(256);
    try {
      const path = join(disk.path, 'journal.db.commands');
      const spare = join(disk.path, 'spare');
      writeMemory(path, remembered(1));
      writeFileSync(spare, 'x'.repeat(PAGE_BYTES));
      disk.fill();
      rmSync(spare);
      expect(() => writeMemory(path, remembered(10))).toThrow(/ENOSPC/);
      expect(readMemory(path).results).toHaveLength(1);

      expect(readdirSync(disk.path).filter((name) => name.startsWith('journal.db'))).toEqual([
        'journal.db.commands',
      ]);
      const store = openIdentityStore(disk.path);
      const key = 'k'.repeat(PAGE_BYTES);
      await expect(store.pendingKey('t-1', async () => key)).rejects.toThrow(/ENOSPC/);
      expect(readdirSync(disk.path).filter((name) => name.startsWith('pending'))).toEqual([]);
    } finally {
      disk.dispose();
    }
  });
});

describe.runIf(process.geteuid?.() === 0)('what root writes in the folder of another user', () => {
  it('is that user’s: the service that runs as him reads what it was told', () => {
    const folder = mkdtempSync(join(tmpdir(), 'manyi-owner-'));
    try {
      chownSync(folder, 65_534, 65_534);
      const path = join(folder, 'journal.db.commands');
      writeMemory(path, remembered(1));
      expect(statSync(path)).toMatchObject({ uid: 65_534, gid: 65_534 });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
