import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Journal, openJournal } from '../../../device/journal/journal.ts';
import type { SetAside } from '../../../device/journal/set-aside.ts';
import { RATINGS, type Vote } from '../../../protocol/vote.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
let folder: string;
let path: string;
const open: Journal[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manyi-journal-'));
  path = join(folder, 'journal.db');
});
afterEach(() => {
  for (const journal of open.splice(0)) journal.close();
  rmSync(folder, { recursive: true, force: true });
});

const build = () =>
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b', 'device'], {
    cwd: root,
  });
const openHere = (options: Partial<Parameters<typeof openJournal>[0]> = {}) => {
  const journal = openJournal({ path, ...options });
  open.push(journal);
  return journal;
};
const vote = (n: number, at = 1_000 + n): Omit<Vote, 'seq'> => ({
  rating: RATINGS[n % 3]!,
  at,
  clock: 'ntp',
  boot: 'boot-a',
  mono: n,
});
const fill = (journal: Journal, count: number) => {
  for (let n = 0; n < count; n += 1) journal.append(vote(n));
};

describe('a journal of another terminal', () => {
  it('is set aside, and its votes are not sent under a new name', () => {
    const told: SetAside[] = [];
    const first = openHere({ terminalId: 'hall-1' });
    first.append(vote(1));
    first.append(vote(2));
    first.setAcked(1);
    const { epoch } = first;
    first.close();
    const again = openHere({ terminalId: 'hall-1' });
    expect(again).toMatchObject({ epoch, last: 2 });
    again.close();
    // Whoever does not know its own name yet touches nothing.
    const nameless = openHere();
    expect(nameless).toMatchObject({ epoch, last: 2 });
    nameless.close();
    const moved = openHere({ terminalId: 'hall-2', onSetAside: (aside) => told.push(aside) });
    expect(moved.epoch).not.toBe(epoch);
    expect(moved.last).toBe(0);
    expect(told).toMatchObject([{ why: 'moved', epoch, unsent: 1 }]);
    moved.close();
    expect(openHere({ terminalId: 'hall-2' }).epoch).toBe(moved.epoch);
  });
});

describe('append', () => {
  it('counts seq up from 1, keeps the body, and counts totals', () => {
    const journal = openHere();
    expect(journal.append(vote(0)).seq).toBe(1);
    fill(journal, 6);
    expect(journal.read(1, 100).map((one) => one.seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(journal.read(1, 1)[0]).toEqual({ ...vote(0), seq: 1 });
    expect(journal.totals()).toEqual({ satisfied: 3, basically: 2, unsatisfied: 2 });
  });

  it('goes on with the same epoch, seq, totals and cursor after a reopen', () => {
    const first = openHere();
    fill(first, 5);
    first.setAcked(3);
    first.close();
    const again = openHere();
    expect([again.epoch, again.last, again.acked, again.first]).toEqual([first.epoch, 5, 3, 1]);
    expect(again.totals()).toEqual(first.totals());
    expect(again.append(vote(9)).seq).toBe(6);
  });

  it('goes on counting when every vote was acked and pruned', () => {
    const journal = openHere();
    fill(journal, 4);
    journal.setAcked(4);
    expect(journal.prune(Number.MAX_SAFE_INTEGER)).toBe(4);
    journal.close();
    const again = openHere();
    expect([again.first, again.last, again.acked]).toEqual([5, 4, 4]);
    expect(again.append(vote(1)).seq).toBe(5);
  });

  it('refuses when it is full, and a prune makes room', () => {
    const journal = openHere({ maxVotes: 3 });
    fill(journal, 3);
    expect(() => journal.append(vote(3))).toThrow(expect.objectContaining({ code: 'journal-full' }));
    journal.setAcked(2);
    journal.prune(Number.MAX_SAFE_INTEGER);
    expect(journal.append(vote(3)).seq).toBe(4);
  });
});

describe('durability', () => {
  it('runs WAL with synchronous=FULL, seen from its own file and by its own assertion', () => {
    openHere().close();
    const header = readFileSync(path).subarray(18, 20);
    expect([...header]).toEqual([2, 2]); // SQLite file format: 2 means WAL.
    const source = readFileSync(join(root, 'device/journal/journal-file.ts'), 'utf8');
    expect(source).toContain('synchronous = FULL');
  });

  it('lets only one process hold it', () => {
    openHere();
    expect(() => openJournal({ path })).toThrow(expect.objectContaining({ code: 'journal-in-use' }));
  });
});

describe('prune', () => {
  it('takes only acked votes, only old ones, only from the front', () => {
    const journal = openHere();
    for (const at of [10, 20, 500, 30, 40]) journal.append(vote(0, at));
    journal.setAcked(4);
    expect(journal.prune(100)).toBe(2);
    expect([journal.first, journal.last]).toEqual([3, 5]);
    expect(journal.prune(1_000)).toBe(2);
    expect(journal.prune(1_000)).toBe(0);
    expect(journal.read(1, 10).map((one) => one.seq)).toEqual([5]);
  });
});

describe('acked', () => {
  it('moves both ways and never past the end', () => {
    const journal = openHere();
    fill(journal, 3);
    journal.setAcked(9);
    expect(journal.acked).toBe(3);
    journal.setAcked(1);
    expect(journal.acked).toBe(1);
    journal.setAcked(-4);
    expect(journal.acked).toBe(0);
  });
});

describe('a damaged file', () => {
  it.each([
    ['garbage', () => writeFileSync(path, 'this is not a database, it is a shopping list. '.repeat(100))],
    [
      'totals that do not fit the votes',
      () => {
        const db = new Database(path);
        db.exec('UPDATE totals SET votes = votes + 5 WHERE rating = 0');
        db.close();
      },
    ],
    [
      'pages overwritten in the middle',
      () => {
        const bytes = readFileSync(path);
        bytes.fill(0x5a, 4096 * 3, 4096 * 5);
        writeFileSync(path, bytes);
      },
    ],
  ])('is set aside for %s, and a new epoch begins', (_what, damage) => {
    const before = openHere();
    fill(before, 400);
    before.close();
    damage();
    const after = openHere({ wallMs: () => 1_700_000_000_000 });
    expect(after.setAside).toMatchObject([{ path: `${path}.corrupt-1700000000000`, why: 'corrupt' }]);
    expect(existsSync(`${path}.corrupt-1700000000000`)).toBe(true);
    expect(after.epoch).not.toBe(before.epoch);
    expect([after.last, after.append(vote(1)).seq]).toEqual([0, 1]);
  });

  it('keeps the old file when an epoch is begun on purpose', () => {
    const journal = openHere();
    const { epoch } = journal;
    fill(journal, 3);
    const aside = journal.beginEpoch(4);
    expect(aside).toMatchObject({ why: 'behind', epoch, unsent: 0 });
    expect(existsSync(aside.path)).toBe(true);
    expect([journal.last, journal.acked, journal.epoch === epoch]).toEqual([0, 0, false]);
    expect(journal.append(vote(0)).seq).toBe(1);
  });
});

describe('kill -9', () => {
  it('has every vote that was reported, and at most one more', async () => {
    build();
    for (let round = 0; round < 5; round += 1) {
      const reported = await appendUntilKilled(20 + round * 37);
      const journal = openJournal({ path });
      expect(journal.last).toBeGreaterThanOrEqual(reported);
      const votes = journal.read(1, 1_000_000);
      expect(votes.map((one) => one.seq)).toEqual(votes.map((_, i) => i + 1));
      const { satisfied, basically, unsatisfied } = journal.totals();
      expect(satisfied + basically + unsatisfied).toBe(votes.length);
      journal.close();
    }
  });

  /** Returns the highest seq that the child said was committed. */
  async function appendUntilKilled(count: number): Promise<number> {
    const script = `
      const { openJournal } = await import(${JSON.stringify(join(root, 'dist/device/journal/journal.js'))});
      const { writeSync } = await import('node:fs');
      const journal = openJournal({ path: ${JSON.stringify(path)} });
      for (let n = 0; ; n++) {
        const { seq } = journal.append({ rating: 'satisfied', at: n, clock: 'ntp', boot: 'b', mono: n });
        writeSync(1, seq + '\\n');
      }`;
    const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.split('\n').length > count) child.kill('SIGKILL');
    });
    await new Promise((resolve) => child.once('close', resolve));
    return Number(text.slice(0, text.lastIndexOf('\n')).split('\n').at(-1));
  }
});

describe('a full disk', () => {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot) console.warn('SKIPPED: "a full disk" needs root to mount a 2 MB tmpfs');

  it.skipIf(!isRoot)('refuses, loses nothing, and recovers by itself', () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder]);
    try {
      const journal = openHere();
      fill(journal, 20);
      writeFileSync(join(folder, 'ballast'), Buffer.alloc(4_096));
      let taken = 20;
      expect(() => {
        fillDisk();
        for (; taken < 10_000; taken += 1) journal.append(vote(taken));
      }).toThrow(expect.objectContaining({ code: 'disk-full' }));
      for (let i = 0; i < 3; i += 1) expect(() => journal.append(vote(1))).toThrow();
      expect(journal.last).toBe(taken);
      rmSync(join(folder, 'ballast'));
      expect(journal.append(vote(taken)).seq).toBe(taken + 1);
      journal.close();
      const again = openHere();
      expect(again.last).toBe(taken + 1);
      expect(again.read(1, 100_000)).toHaveLength(taken + 1);
    } finally {
      for (const journal of open.splice(0)) journal.close();
      execFileSync('umount', [folder]);
    }
  });

  function fillDisk(): void {
    for (let bytes = 2 << 20; bytes >= 4_096; bytes = bytes / 2) {
      try {
        const size = existsSync(join(folder, 'ballast')) ? readFileSync(join(folder, 'ballast')).length : 0;
        writeFileSync(join(folder, 'ballast'), Buffer.alloc(size + bytes));
      } catch {
        // That was too much: a smaller piece may still fit.
      }
    }
  }
});

describe('an fsync that fails', () => {
  const hasStrace = spawnSync('strace', ['-V']).status === 0;
  if (!hasStrace) console.warn('SKIPPED: "an fsync that fails" needs strace to inject EIO');

  it.skipIf(!hasStrace)('thanks nobody, and what was refused does not come to life again', () => {
    build();
    const script = `
      const { openJournal } = await import(${JSON.stringify(join(root, 'dist/device/journal/journal.js'))});
      const journal = openJournal({ path: process.argv[1] });
      let thanked = 0, refused = 0;
      for (let n = 0; n < 40; n++) {
        try {
          journal.append({ rating: 'basically', at: n, clock: 'ntp', boot: 'b', mono: n });
          thanked++;
        } catch { refused++; }
      }
      console.log(JSON.stringify({ thanked, refused }));
      journal.close();`;
    for (const when of ['10..16', '13..22', '20..24', '30..30']) {
      const file = join(folder, `eio-${when}.db`);
      const traced = ['-f', '-o', '/dev/null', '-e', 'trace=fsync,fdatasync'];
      const inject = ['-e', `inject=fsync,fdatasync:error=EIO:when=${when}`];
      const node = [process.execPath, '--input-type=module', '-e', script, file];
      const said = JSON.parse(execFileSync('strace', [...traced, ...inject, ...node]).toString());
      expect(said.refused).toBeGreaterThan(0);
      const journal = openJournal({ path: file });
      expect(journal.last).toBe(said.thanked);
      expect(journal.read(1, 100)).toHaveLength(said.thanked);
      expect(journal.totals().basically).toBe(said.thanked);
      journal.close();
    }
  });
});
