/** What can be read of a journal's file: all of a whole one, and of a damaged or hostile one only what is there. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openJournal } from '../../../device/journal/journal.ts';
import {
  type JournalContent,
  readJournalFile,
  readJournalFileStepwise,
  voteOf,
} from '../../../protocol/journal-file.ts';
import { type Bytes, openPages } from '../../../protocol/sqlite-pages.ts';
import { RATINGS, type Vote } from '../../../protocol/vote.ts';

const BASE = 1_795_000_000_000;
const PAGE_BYTES = 4_096;
let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manyi-journal-file-'));
  path = join(folder, 'journal.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bytesOf = (buffer: Uint8Array): Bytes => ({
  size: buffer.length,
  read: (offset, length) => buffer.subarray(offset, offset + length),
});
const votesOf = (content: JournalContent): Vote[] =>
  Array.from({ length: content.votes.length }, (_, index) => voteOf(content, content.votes.rowAt(index)));

/** A journal with votes of several boots, the first `acked` of them acknowledged. @returns its votes. */
function write(count: number, acked = 0): { votes: Vote[]; epoch: string } {
  const journal = openJournal({ path, terminalId: 't-1' });
  const votes = Array.from({ length: count }, (_, index) =>
    journal.append({
      rating: RATINGS[index % 3] as Vote['rating'],
      at: BASE + index * 1_000,
      clock: 'ntp',
      boot: `boot-${Math.floor(index / 100)}`,
      mono: index * 1_000,
    }),
  );
  journal.saveAnchor('boot-0', { offsetMs: BASE, clock: 'gateway' });
  journal.setAcked(acked);
  const { epoch } = journal;
  journal.close();
  return { votes, epoch };
}
const read = () => readJournalFile(bytesOf(readFileSync(path)), null);

describe('a whole journal', () => {
  it.each([1, 5, 1_000])('of %i votes is read as it was written', (count) => {
    const { votes, epoch } = write(count, 1);
    const content = read();
    expect(votesOf(content)).toEqual(votes);
    expect(content).toMatchObject({ epoch, terminal: 't-1', acked: 1 });
    expect(Object.values(content.totals ?? {}).reduce((sum, n) => sum + n, 0)).toBe(count);
    expect(content.boots.get(1)).toEqual({ boot: 'boot-0', anchor: { offsetMs: BASE, clock: 'gateway' } });
  });

  it('is read with what only its log has, and without what was never committed', () => {
    write(3);
    const db = new Database(path);
    db.pragma('wal_autocheckpoint = 0');
    db.exec(`BEGIN;
      INSERT INTO votes SELECT 4, 2, at, clock, boot, 77 FROM votes WHERE seq = 3;
      UPDATE totals SET votes = votes + 1 WHERE rating = 2;
      COMMIT`);
    const copy = join(folder, 'copy.db');
    for (const part of ['', '-wal']) copyFileSync(path + part, copy + part);
    const [file, wal] = [readFileSync(copy), readFileSync(`${copy}-wal`)];
    expect(votesOf(readJournalFile(bytesOf(file), bytesOf(wal))).at(-1)).toMatchObject({ seq: 4, mono: 77 });
    expect(votesOf(readJournalFile(bytesOf(file), null))).toHaveLength(3);
    // The last frame is the one that commits: a bit of it, and what it commits has not happened.
    const broken = Buffer.from(wal);
    broken[broken.length - 1] = (broken[broken.length - 1] as number) ^ 1;
    expect(votesOf(readJournalFile(bytesOf(file), bytesOf(broken)))).toHaveLength(3);
    db.close();
  });

  it('gives no vote that was deleted or taken back', () => {
    write(1_000, 900);
    const db = new Database(path);
    db.exec('DELETE FROM votes WHERE seq <= 500 OR seq > 990');
    db.exec('UPDATE totals SET votes = 330');
    db.close();
    const seqs = votesOf(read()).map(({ seq }) => seq);
    expect([seqs[0], seqs.at(-1), seqs.length]).toEqual([501, 990, 490]);
  });
});

describe('a damaged journal', () => {
  const rootOf = (table: string): number => {
    const db = new Database(path, { readonly: true });
    const page = db.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').pluck().get(table) as number;
    db.close();
    return page;
  };
  const scratch = (...pages: number[]): Uint8Array => {
    const file = readFileSync(path);
    for (const page of pages) file.fill(0xa5, (page - 1) * PAGE_BYTES, page * PAGE_BYTES);
    return file;
  };

  it('without the root of its votes gives every vote, of the leaves that nothing leads to', () => {
    const { votes, epoch } = write(1_000, 600);
    const content = readJournalFile(bytesOf(scratch(rootOf('votes'))), null);
    expect(votesOf(content)).toEqual(votes);
    expect(content).toMatchObject({ epoch, acked: 600 });
  });

  it('is read in small steps, however many votes there are and wherever they lie: presses come in between', () => {
    write(1);
    const count = 200_000;
    const db = new Database(path);
    db.exec(`WITH RECURSIVE n(seq) AS (SELECT 2 UNION ALL SELECT seq + 1 FROM n WHERE seq < ${count})
      INSERT INTO votes SELECT seq, 0, ${BASE}, 0, 1, seq FROM n;
      UPDATE totals SET votes = ${count} WHERE rating = 0`);
    db.close();
    const lost = scratch(rootOf('votes'));
    // Leaves that are used again lie in no order.
    const half = PAGE_BYTES * Math.floor(lost.length / PAGE_BYTES / 2);
    const from = half - 400 * PAGE_BYTES;
    const mixed = Buffer.concat([
      ...[lost.subarray(0, from), lost.subarray(half, half + 400 * PAGE_BYTES)],
      ...[lost.subarray(from, half), lost.subarray(half + 400 * PAGE_BYTES)],
    ]);
    for (const file of [readFileSync(path), mixed]) {
      const reading = readJournalFileStepwise(bytesOf(file), null);
      let [longest, all] = [0, 0];
      for (let step: IteratorResult<void, JournalContent> | null = null; !step?.done; ) {
        // Of the processor: what others do on this machine is not counted.
        const before = process.cpuUsage();
        step = reading.next();
        const { user, system } = process.cpuUsage(before);
        longest = Math.max(longest, user + system);
        all += user + system;
        if (step.done) expect(step.value.votes.length).toBe(count);
      }
      expect(longest / all).toBeLessThan(1 / 4);
    }
  });

  it('without its first page does, too', () => {
    const { votes, epoch } = write(500, 7);
    const content = readJournalFile(bytesOf(scratch(1)), null);
    expect(votesOf(content)).toEqual(votes);
    expect(content).toMatchObject({ epoch, terminal: 't-1', acked: 7 });
  });

  it('without its boots gives the votes of boots that cannot be read', () => {
    const { votes } = write(120);
    const got = votesOf(readJournalFile(bytesOf(scratch(rootOf('boots'))), null));
    expect(got.map(({ boot: _, ...vote }) => vote)).toEqual(votes.map(({ boot: _, ...vote }) => vote));
    expect([got[0]?.boot, got.at(-1)?.boot]).toEqual(['unreadable-1', 'unreadable-2']);
  });

  it('without one leaf lacks its votes and no other', () => {
    const { votes } = write(1_000);
    const file = readFileSync(path);
    const leaf = Array.from({ length: file.length / PAGE_BYTES }, (_, index) => index + 1).findLast(
      (page) => file[(page - 1) * PAGE_BYTES] === 0x0d && page > 6,
    ) as number;
    const got = votesOf(readJournalFile(bytesOf(scratch(leaf)), null));
    expect(got.length).toBeGreaterThan(700);
    expect(got.length).toBeLessThan(1_000);
    const bySeq = new Map(votes.map((vote) => [vote.seq, vote]));
    for (const vote of got) expect(vote).toEqual(bySeq.get(vote.seq));
  });
});

describe('a hostile file', () => {
  it('of any bytes, or cut or changed anywhere, ends in time and gives nothing but votes', () => {
    write(400, 5);
    const whole = readFileSync(path);
    const change = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(
        change,
        fc.option(fc.nat(whole.length)),
        fc.uint8Array({ maxLength: 9_000 }),
        (bytes, cut, log) => {
          const file = Buffer.from(whole);
          for (const [at, value] of bytes) file[at] = value;
          const content = readJournalFile(bytesOf(file.subarray(0, cut ?? file.length)), bytesOf(log));
          let before = 0;
          for (const vote of votesOf(content)) {
            expect(vote.seq).toBeGreaterThan(before);
            expect(RATINGS).toContain(vote.rating);
            before = vote.seq;
          }
          readJournalFile(bytesOf(log), bytesOf(file));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('whose pages lead to each other in a ring is read once round', () => {
    write(1_000);
    const file = readFileSync(path);
    const db = new Database(path, { readonly: true });
    const root = db
      .prepare(`SELECT rootpage FROM sqlite_schema WHERE name = 'votes'`)
      .pluck()
      .get() as number;
    db.close();
    const at = (root - 1) * PAGE_BYTES;
    const cells = file.readUInt16BE(at + 3);
    for (let cell = 0; cell < cells; cell++)
      file.writeUInt32BE(root, at + file.readUInt16BE(at + 12 + 2 * cell));
    expect(votesOf(readJournalFile(bytesOf(file), null)).length).toBe(1_000);
  });
});

describe('a log that names pages that cannot be', () => {
  const SMALL = 512;
  const checksum = ([a, b]: [number, number], bytes: Buffer): [number, number] => {
    let [s0, s1] = [a, b];
    for (let at = 0; at + 8 <= bytes.length; at += 8) {
      s0 = (s0 + bytes.readUInt32BE(at) + s1) >>> 0;
      s1 = (s1 + bytes.readUInt32BE(at + 4) + s0) >>> 0;
    }
    return [s0, s1];
  };
  /** Each frame a commit of one page, with checksums that hold (fileformat2, 4.1). */
  const logOf = (pages: readonly number[]): Buffer => {
    const log = Buffer.alloc(32 + pages.length * (24 + SMALL));
    log.writeUInt32BE(0x377f0683, 0);
    log.writeUInt32BE(SMALL, 8);
    let sum = checksum([0, 0], log.subarray(0, 24));
    log.writeUInt32BE(sum[0], 24);
    log.writeUInt32BE(sum[1], 28);
    pages.forEach((page, index) => {
      const at = 32 + index * (24 + SMALL);
      log.writeUInt32BE(page, at);
      log.writeUInt32BE(1, at + 4);
      sum = checksum(sum, log.subarray(at, at + 8));
      sum = checksum(sum, log.subarray(at + 24, at + 24 + SMALL));
      log.writeUInt32BE(sum[0], at + 16);
      log.writeUInt32BE(sum[1], at + 20);
    });
    return log;
  };
  const file = Buffer.alloc(SMALL);
  file.write('SQLite format 3\0', 'latin1');
  file.writeUInt16BE(SMALL, 16);

  it('is looked through in no more steps than it has frames', () => {
    expect(openPages(bytesOf(file), bytesOf(logOf([2, 0xffff_ffff]))).count).toBe(3);
  });

  it('may have more frames than a call has room for arguments', () => {
    const pages = Array.from({ length: 200_000 }, (_, index) => index + 1);
    expect(openPages(bytesOf(file), bytesOf(logOf(pages))).count).toBe(200_000);
  });
});
