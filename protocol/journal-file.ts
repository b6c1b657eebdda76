/**
 * A terminal's journal as it lies on a card, which may have been put away because it is damaged, or be brought to the gateway by
 * hand: whatever can still be read of it and is a vote by the schema. What the tables lead to comes first; pages that nothing
 * leads to any more are looked through for votes that are missing.
 */
import { Compile } from 'typebox/compile';
import { BootId, Epoch, EpochMs, MAX_VOTES_PER_EPOCH, TERMINAL_ID_PATTERN } from './ids.ts';
import {
  type Bytes,
  type Cell,
  cellsOf,
  childrenOf,
  INDEX_LEAF,
  openPages,
  type Pages,
  pageType,
  TABLE_INTERIOR,
  TABLE_LEAF,
  type Value,
} from './sqlite-pages.ts';
import { CLOCKS, type Clock, type Counts, RATINGS, type Vote } from './vote.ts';

/** What a file of this product can have at the most: a million votes that wait, and as many acknowledged ones. */
export const MAX_JOURNAL_FILE_BYTES = 256 << 20;
const MAX_ROWS = 4_000_000;
const MAX_BOOTS = 100_000;
/** Pages between two rests. */
const PAGES_A_STEP = 16;
/** Votes between two rests. */
const ROWS_A_STEP = 2_048;

export type JournalBoot = {
  boot: string;
  /** How to date its votes: `at` = `offsetMs` + `mono`; null when it never knew the time. */
  anchor: { offsetMs: number; clock: Clock } | null;
};

export type JournalContent = {
  /** Null where the file does not say. */
  epoch: string | null;
  terminal: string | null;
  acked: number | null;
  totals: Counts | null;
  votes: VoteRows;
  /** By the number that votes name it with, in the order of the boots. */
  boots: ReadonlyMap<number, JournalBoot>;
};

const epochSchema = Compile(Epoch);
const bootSchema = Compile(BootId);
const timeSchema = Compile(EpochMs);
const terminalId = new RegExp(TERMINAL_ID_PATTERN);

const STRIDE = 6;

/** Votes by `seq`, ascending: numbers only, because there may be millions. */
export class VoteRows {
  length = 0;
  private rows = new Float64Array(STRIDE * 256);
  private ascending = true;

  push(row: readonly number[]): void {
    if (this.length >= MAX_ROWS) return;
    if ((this.length + 1) * STRIDE > this.rows.length) {
      const larger = new Float64Array(this.rows.length * 2);
      larger.set(this.rows);
      this.rows = larger;
    }
    if (this.length > 0 && (row[0] as number) <= this.seqAt(this.length - 1)) this.ascending = false;
    this.rows.set(row, this.length * STRIDE);
    this.length += 1;
  }

  seqAt(index: number): number {
    return this.rows[index * STRIDE] as number;
  }

  rowAt(index: number): readonly number[] {
    return Array.from(this.rows.subarray(index * STRIDE, (index + 1) * STRIDE));
  }

  /** Of the first vote with this number or a later one; `length` when there is none. */
  indexFrom(seq: number): number {
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.seqAt(middle) < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  valueAt(index: number, column: number): number {
    return this.rows[index * STRIDE + column] as number;
  }

  /** Rests now and then. A number that is there with two bodies is as good as unreadable: nobody can say which was pressed. */
  *settle(): Generator<void, VoteRows> {
    if (this.ascending) return this;
    const order = yield* this.bySeq();
    const settled = new VoteRows();
    for (let at = 0; at < order.length; ) {
      const row = this.rowAt(order[at] as number);
      let [end, same] = [at + 1, true];
      for (; end < order.length && this.seqAt(order[end] as number) === row[0]; end++) {
        same &&= this.rowAt(order[end] as number).every((value, column) => value === row[column]);
        if (end % ROWS_A_STEP === 0) yield;
      }
      if (same) settled.push(row);
      if (at % ROWS_A_STEP === 0) yield;
      at = end;
    }
    return settled;
  }

  /** Indices by `seq`: merged from below, because a sort of a million in one go would hold up a press. */
  private *bySeq(): Generator<void, Uint32Array> {
    let from = Uint32Array.from({ length: this.length }, (_, index) => index);
    let to = new Uint32Array(this.length);
    for (let width = 1; width < this.length; width *= 2) {
      for (let at = 0; at < this.length; at++) {
        const start = at - (at % (2 * width));
        const [middle, end] = [
          Math.min(start + width, this.length),
          Math.min(start + 2 * width, this.length),
        ];
        let [left, right] = [start, middle];
        for (; at < end; at++) {
          const takeLeft =
            left < middle &&
            (right >= end || this.seqAt(from[left] as number) <= this.seqAt(from[right] as number));
          to[at] = from[takeLeft ? left++ : right++] as number;
          if (at % ROWS_A_STEP === 0) yield;
        }
        at -= 1;
      }
      [from, to] = [to, from];
    }
    return from;
  }
}

/** The whole of it at once. */
export function readJournalFile(file: Bytes, wal: Bytes | null): JournalContent {
  const reading = readJournalFileStepwise(file, wal);
  for (;;) {
    const step = reading.next();
    if (step.done) return step.value;
  }
}

/** Rests now and then, for a caller that has something more urgent to do. */
export function* readJournalFileStepwise(file: Bytes, wal: Bytes | null): Generator<void, JournalContent> {
  const pages = openPages(file, wal);
  const seen = new Set<number>();
  const found: Found = { meta: new Map(), totals: new Map(), boots: new Map(), votes: new VoteRows() };
  const strays = new VoteRows();
  let looked = 0;

  const roots = rootsOf(pages, seen);
  // What was given back to the file may hold what was taken back: no vote comes from there.
  for (const page of freePages(pages)) seen.add(page);
  for (const name of ['meta', 'totals', 'boots', 'votes'] as const) {
    const waiting = [roots.get(name) ?? 0];
    for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
      if (number < 1 || number > pages.count || seen.has(number)) continue;
      const page = pages.read(number);
      if (page === null) continue;
      const type = pageType(page, number);
      if (type === TABLE_INTERIOR) waiting.push(...childrenOf(page, number).reverse());
      else if (type === TABLE_LEAF || type === INDEX_LEAF)
        takeCells(cellsOf(page, number), type, found, found.votes);
      else continue;
      seen.add(number);
      looked += 1;
      if (looked % PAGES_A_STEP === 0) yield;
    }
  }
  for (let number = 1; number <= pages.count; number++) {
    if (!seen.has(number)) {
      const page = pages.read(number);
      const type = page === null ? 0 : pageType(page, number);
      if (page !== null && (type === TABLE_LEAF || type === INDEX_LEAF))
        takeCells(cellsOf(page, number), type, found, strays);
    }
    if (number % PAGES_A_STEP === 0) yield;
  }
  return yield* contentOf(found, strays);
}

type Found = {
  meta: Map<string, string>;
  totals: Map<number, number>;
  boots: Map<number, JournalBoot>;
  votes: VoteRows;
};

/** Where the tables begin, by the schema on page 1. */
function rootsOf(pages: Pages, seen: Set<number>): Map<string, number> {
  const roots = new Map<string, number>();
  const waiting = [1];
  for (let number = waiting.pop(); number !== undefined; number = waiting.pop()) {
    const page = seen.has(number) ? null : pages.read(number);
    if (page === null) continue;
    const type = pageType(page, number);
    if (type !== TABLE_LEAF && type !== TABLE_INTERIOR) continue;
    seen.add(number);
    if (type === TABLE_INTERIOR) {
      waiting.push(...childrenOf(page, number));
      continue;
    }
    for (const { values } of cellsOf(page, number)) {
      const [kind, name, , root] = values;
      if (kind === 'table' && typeof name === 'string' && typeof root === 'number') roots.set(name, root);
    }
  }
  return roots;
}

function freePages(pages: Pages): Set<number> {
  const free = new Set<number>();
  const uint32 = (page: Uint8Array, at: number) => new DataView(page.buffer, page.byteOffset).getUint32(at);
  const first = pages.read(1);
  for (let trunk = first === null ? 0 : uint32(first, 32); trunk > 1 && !free.has(trunk); ) {
    const page = trunk <= pages.count ? pages.read(trunk) : null;
    if (page === null) break;
    free.add(trunk);
    const leaves = Math.min(uint32(page, 4), page.length / 4 - 2);
    for (let index = 0; index < leaves; index++) free.add(uint32(page, 8 + 4 * index));
    trunk = uint32(page, 0);
  }
  return free;
}

/** Tells records apart by their shape, so that a page needs nobody who says what it is. The first to be found holds. */
function takeCells(cells: readonly Cell[], type: number, found: Found, votes: VoteRows): void {
  for (const { rowid, values } of cells) {
    const [first, second, third, fourth] = values;
    if (type === INDEX_LEAF) {
      if (
        values.length === 2 &&
        typeof first === 'string' &&
        typeof second === 'string' &&
        !found.meta.has(first)
      )
        found.meta.set(first, second);
    } else if (values.length === 6 && first === null) {
      const row = voteRow(rowid, values);
      if (row !== null) votes.push(row);
    } else if (values.length === 2 && first === null && isInteger(second, 0, MAX_VOTES_PER_EPOCH)) {
      if (rowid < RATINGS.length && !found.totals.has(rowid)) found.totals.set(rowid, second);
    } else if (values.length === 4 && first === null && bootSchema.Check(second) && rowid >= 1) {
      if (found.boots.size < MAX_BOOTS && !found.boots.has(rowid))
        found.boots.set(rowid, { boot: second, anchor: anchorOf(third, fourth) });
    }
  }
}

function voteRow(seq: number, [, rating, at, clock, boot, mono]: readonly Value[]): number[] | null {
  return isInteger(seq, 1, MAX_VOTES_PER_EPOCH) &&
    isInteger(rating, 0, RATINGS.length - 1) &&
    timeSchema.Check(at) &&
    isInteger(clock, 0, CLOCKS.length - 1) &&
    isInteger(boot, 1, Number.MAX_SAFE_INTEGER) &&
    isInteger(mono, 0, Number.MAX_SAFE_INTEGER)
    ? [seq, rating, at, clock, boot, mono]
    : null;
}

function anchorOf(offsetMs: Value, clock: Value): JournalBoot['anchor'] {
  if (typeof offsetMs !== 'number' || !Number.isFinite(offsetMs) || !isInteger(clock, 0, CLOCKS.length - 1))
    return null;
  return { offsetMs, clock: CLOCKS[clock] as Clock };
}

function isInteger(value: unknown, from: number, to: number): value is number {
  return Number.isInteger(value) && (value as number) >= from && (value as number) <= to;
}

function* contentOf(
  { meta, totals, boots, votes }: Found,
  strays: VoteRows,
): Generator<void, JournalContent> {
  const [epoch, terminal, acked] = ['epoch', 'terminal', 'acked'].map((key) => meta.get(key));
  const [satisfied, basically, unsatisfied] = RATINGS.map((_, rating) => totals.get(rating));
  const known = satisfied !== undefined && basically !== undefined && unsatisfied !== undefined;
  const sum = known ? satisfied + basically + unsatisfied : MAX_VOTES_PER_EPOCH;
  const reached = yield* votes.settle();
  const loose = yield* strays.settle();
  const all = new VoteRows();
  for (let [at, index] = [0, 0]; loose.length > 0 && (at < reached.length || index < loose.length); ) {
    const next = at < reached.length ? reached.seqAt(at) : Number.POSITIVE_INFINITY;
    const stray = index < loose.length ? loose.seqAt(index) : Number.POSITIVE_INFINITY;
    // One beyond the totals was taken back: it was never thanked.
    if (stray < next && stray <= sum) all.push(loose.rowAt(index));
    else if (next <= stray) all.push(reached.rowAt(at));
    if (next <= stray) at += 1;
    if (stray <= next) index += 1;
    if ((at + index) % ROWS_A_STEP === 0) yield;
  }
  return {
    epoch: epochSchema.Check(epoch) ? epoch : null,
    terminal: terminal !== undefined && terminalId.test(terminal) ? terminal : null,
    acked:
      acked !== undefined && /^\d{1,10}$/.test(acked) ? Math.min(Number(acked), MAX_VOTES_PER_EPOCH) : null,
    totals: known ? { satisfied, basically, unsatisfied } : null,
    votes: loose.length === 0 ? reached : all,
    boots: new Map([...boots].sort(([a], [b]) => a - b)),
  };
}

/** The highest number that there was, as far as anything says. @param noted by whoever put it away */
export function lastOfJournal({ totals, votes, acked }: JournalContent, noted: number | null): number {
  const sum = totals === null ? 0 : totals.satisfied + totals.basically + totals.unsatisfied;
  const highest = votes.length === 0 ? 0 : votes.seqAt(votes.length - 1);
  return Math.min(Math.max(sum, highest, noted ?? 0, acked ?? 0), MAX_VOTES_PER_EPOCH);
}

/** A row as the vote that it was; the boot's name is part of its body, so one that cannot be read is named so. */
export function voteOf(content: Pick<JournalContent, 'boots'>, row: readonly number[]): Vote {
  const [seq, rating, at, clock, boot, mono] = row as [number, number, number, number, number, number];
  return {
    seq,
    rating: RATINGS[rating] as Vote['rating'],
    at,
    clock: CLOCKS[clock] as Clock,
    boot: content.boots.get(boot)?.boot ?? `unreadable-${boot}`,
    mono,
  };
}
