/** What the journal keeps, lets go, puts away and takes along. */
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readPutAway } from '../../../device/commands/put-away-file.ts';
import { type Journal, openJournal } from '../../../device/journal/journal.ts';
import { PRUNE_STEP } from '../../../device/journal/journal-statements.ts';
import { MAX_SET_ASIDE, type SetAside } from '../../../device/journal/set-aside.ts';
import type { Clock, Vote } from '../../../protocol/vote.ts';
import { have } from '../../support/prerequisites.ts';
import { MOUNTS, mountSmallDisk } from '../../support/small-disk.ts';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 24);
let folder: string;
let path: string;
const open: Journal[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manyi-keeping-'));
  path = join(folder, 'journal.db');
});
afterEach(() => {
  for (const journal of open.splice(0)) journal.close();
  rmSync(folder, { recursive: true, force: true });
});

const openHere = (options: Partial<Parameters<typeof openJournal>[0]> = {}) => {
  const journal = openJournal({ path, ...options });
  open.push(journal);
  return journal;
};
const vote = (mono: number, at: number, boot = 'a', clock: Clock = 'ntp'): Omit<Vote, 'seq'> => ({
  ...{ rating: 'basically', boot, mono, at, clock },
});
const pruneAll = (journal: Journal, beforeMs: number) => {
  let total = 0;
  for (let deleted = journal.prune(beforeMs); deleted > 0; deleted = journal.prune(beforeMs))
    total += deleted;
  return total;
};

describe('acked votes', () => {
  it('go beyond the size limit, the oldest first, a step at a time; unacked ones never do', () => {
    const journal = openHere({ path: ':memory:', maxBytes: 64 << 10 });
    for (let n = 0; n < 8_000; n += 1) journal.append(vote(n, NOW));
    expect(journal.usedBytes()).toBeGreaterThan(2 * (64 << 10));
    expect(journal.prune(0)).toBe(0);
    journal.setAcked(700);
    expect(journal.prune(0)).toBe(PRUNE_STEP);
    expect(pruneAll(journal, 0)).toBe(700 - PRUNE_STEP);
    expect(journal.first).toBe(701);
    journal.setAcked(8_000);
    pruneAll(journal, 0);
    expect(journal.usedBytes()).toBeLessThanOrEqual(64 << 10);
    expect(journal.last - journal.first).toBeGreaterThan(500);
    expect(journal.read(1, 1)[0]?.seq).toBe(journal.first);
  });

  it('of a boot at 1970 are as old as its anchor says, not as they were written down', () => {
    const journal = openHere();
    for (let n = 0; n < 3; n += 1) journal.append(vote(1_000 + n, 1_000 + n, 'b', 'estimated'));
    journal.setAcked(3);
    expect(pruneAll(journal, NOW - 7 * DAY_MS)).toBe(0);
    journal.saveAnchor('b', { offsetMs: NOW - 3 * DAY_MS, clock: 'gateway' });
    expect(pruneAll(journal, NOW - 7 * DAY_MS)).toBe(0);
    expect(pruneAll(journal, NOW - 2 * DAY_MS)).toBe(3);
  });

  it('make room for a press, however young, when the journal is as full as it may be', () => {
    const journal = openHere({ maxVotes: 10 });
    for (let n = 0; n < 10; n += 1) journal.append(vote(n, NOW));
    expect(() => journal.rehearse()).toThrow(expect.objectContaining({ code: 'journal-full' }));
    journal.setAcked(4);
    expect(journal.append(vote(11, NOW)).seq).toBe(11);
    expect(journal.first).toBe(5);
  });
});

describe('a rehearsal', () => {
  it('leaves the journal as it was', () => {
    const journal = openHere();
    journal.append(vote(1, NOW));
    const before = [journal.last, journal.totals(), journal.read(1, 9)];
    journal.rehearse();
    expect([journal.last, journal.totals(), journal.read(1, 9)]).toEqual(before);
    journal.close();
    const again = openHere();
    expect([again.last, again.totals(), again.read(1, 9)]).toEqual(before);
    expect(again.setAside).toEqual([]);
  });
});

describe('a new epoch', () => {
  it('takes along what was never sent, with its anchors, and keeps the old file', () => {
    const journal = openHere();
    for (let n = 1; n <= 5; n += 1) journal.append(vote(n, NOW, n < 4 ? 'a' : 'b', 'estimated'));
    journal.saveAnchor('b', { offsetMs: NOW, clock: 'gateway' });
    journal.setAcked(2);
    const { epoch } = journal;
    journal.beginEpoch(4);
    expect(journal.epoch).not.toBe(epoch);
    expect(journal.read(1, 9)).toEqual([
      { ...vote(4, NOW, 'b', 'estimated'), seq: 1 },
      { ...vote(5, NOW, 'b', 'estimated'), seq: 2 },
    ]);
    expect([journal.last, journal.acked, journal.lastAtOpen]).toEqual([2, 0, 0]);
    expect(journal.totals().basically).toBe(2);
    expect(journal.anchorOf('b')).toEqual({ offsetMs: NOW, clock: 'gateway' });
    expect(journal.setAside).toMatchObject([{ why: 'behind', epoch, unsent: 0 }]);
    expect(readdirSync(folder).filter((name) => name.includes('.next'))).toEqual([]);
  });

  it.each([
    ['before the old file moved', false],
    ['between the two renames', true],
  ])('broken off by a power cut %s has each vote in one journal', (_when, moved) => {
    const journal = openHere();
    for (let n = 1; n <= 3; n += 1) journal.append(vote(n, NOW));
    const { epoch } = journal;
    journal.close();
    // What is on the card at that moment: the old file, or its new name, and the new one in waiting.
    copyFileSync(path, join(folder, 'old.db'));
    const other = openHere({ path: join(folder, 'old.db') });
    other.beginEpoch(2);
    const begun = other.epoch;
    other.close();
    copyFileSync(join(folder, 'old.db'), `${path}.next`);
    if (moved) renameSync(path, `${path}.behind-1`);
    const again = openHere();
    expect(again.epoch).toBe(moved ? begun : epoch);
    expect(again.last).toBe(moved ? 2 : 3);
    expect(existsSync(`${path}.next`)).toBe(false);
  });
});

describe('files set aside', () => {
  const damage = () => writeFileSync(path, 'not a journal. '.repeat(1_000));
  const names = () =>
    readdirSync(folder).filter(
      (name) => /\.(corrupt|behind)-\d+$/.test(name) && name.startsWith(basename(path)),
    );

  it('are a handful: what holds nothing unsent goes first, then the oldest, and each is told', () => {
    const dropped: SetAside[] = [];
    const begun = openHere();
    begun.append(vote(1, NOW));
    begun.setAcked(1);
    begun.beginEpoch(2);
    begun.close();
    for (let n = 0; n < MAX_SET_ASIDE + 1; n += 1) {
      damage();
      openHere({ wallMs: () => 5_000, onDropped: (aside) => dropped.push(aside) }).close();
    }
    expect(names()).toHaveLength(MAX_SET_ASIDE);
    expect(dropped.map(({ why, unsent }) => [why, unsent])).toEqual([
      ['behind', 0],
      ['corrupt', null],
    ]);
    expect(dropped[1]?.atMs).toBe(5_000);
    expect(readdirSync(folder).filter((name) => name.endsWith('.json'))).toHaveLength(MAX_SET_ASIDE);
  });

  it('are listed in spite of a note that is nonsense', () => {
    damage();
    const { setAside } = openHere();
    for (const note of ['{', 'null', '{"epoch":7,"unsent":-1}', 'x'.repeat(2_000)]) {
      writeFileSync(`${setAside[0]?.path}.json`, note);
      for (const journal of open.splice(0)) journal.close();
      expect(openHere().setAside).toMatchObject([{ epoch: null, unsent: null }]);
    }
  });

  it('a write-ahead log without its file is nobody’s: no new journal takes it for its own', () => {
    writeFileSync(`${path}-wal`, 'votes of somebody');
    openHere().append(vote(1, NOW));
    expect(readdirSync(folder).some((name) => /\.orphan-\d+-wal$/.test(name))).toBe(true);
  });

  it('whose write-ahead log the power cut left behind gets it back: what was thanked last is in it', async () => {
    const journal = openHere();
    for (const n of [1, 2, 3]) journal.append(vote(n, NOW));
    // As a power cut leaves them, in the middle of setting aside.
    copyFileSync(path, `${path}.corrupt-5000`);
    const log = readFileSync(`${path}-wal`);
    for (const one of open.splice(0)) one.close();
    rmSync(path);
    writeFileSync(`${path}-wal`, log);
    const [aside] = openHere().setAside;
    expect((await readPutAway(aside?.path as string)).votes.length).toBe(3);
  });

  it.runIf(have(MOUNTS))('are told also when there was no room to begin a new one at once', () => {
    const disk = mountSmallDisk(256);
    try {
      path = join(disk.path, 'journal.db');
      damage();
      disk.fill();
      const told: SetAside[] = [];
      const journal = openHere({ onSetAside: (aside) => told.push(aside) });
      expect([journal.epoch, journal.trouble?.code, told]).toEqual(['', 'disk-full', []]);
      expect(() => journal.append(vote(1, NOW))).toThrow(expect.objectContaining({ code: 'disk-full' }));
      disk.free();
      expect(journal.append(vote(1, NOW)).seq).toBe(1);
      expect(told).toMatchObject([{ why: 'corrupt' }]);
      expect(journal.setAside).toEqual(told);
      journal.close();
    } finally {
      for (const journal of open.splice(0)) journal.close();
      disk.dispose();
    }
  });
});
