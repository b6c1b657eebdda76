import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../../dashboard/src/live/backoff.ts';
import { createBoard } from '../../../dashboard/src/live/board.ts';
import {
  emptyPending,
  foldPatch,
  foldSnapshot,
  mergeTicker,
  mergeTrend,
} from '../../../dashboard/src/live/pending.ts';
import { ASK_AGAIN_MS, type Cursor, nextStep } from '../../../dashboard/src/live/sequence.ts';
import type { LiveRow, Patch, Snapshot, Tick } from '../../../protocol/live.ts';
import { TICKER_LENGTH, TREND_MINUTES } from '../../../protocol/live.ts';
import { FIGURES } from '../../support/figures.ts';

const row = (id: string, votes: number): LiveRow => ({
  id,
  kind: 'window',
  name: id,
  parentId: 'hall',
  counts: { satisfied: votes, basically: 0, unsatisfied: 0 },
  votes,
  rate: votes > 0 ? 1 : null,
  index: votes > 0 ? 100 : null,
  proof: 'insufficient',
  excluded: null,
  discounted: null,
  lastVoteAt: null,
  terminals: { online: 1, offline: 0, offlineSince: null, clockApart: 0 },
  completeness: { state: 'complete', pending: 0, held: 0, setAside: 0, lost: 0, since: null },
  attention: 0,
});

const snapshot = (revision: number, windows: LiveRow[], instance = 'a'): Snapshot => ({
  type: 'snapshot',
  instance,
  revision,
  now: 1,
  timeZone: 'UTC',
  day: '2026-11-22',
  figures: FIGURES,
  units: [],
  windows,
  places: [],
  trend: [],
  ticker: [],
});

const patch = (from: number, revision: number, windows: LiveRow[] = []): Patch => ({
  type: 'patch',
  from,
  revision,
  now: 1,
  units: [],
  windows,
  places: [],
  trend: [],
  ticker: [],
});

const tick = (revision: number): Tick => ({ type: 'tick', revision, now: 1 });

describe('the sequence', () => {
  const at = (revision: number): Cursor => ({ instance: 'a', revision, askedAt: null });

  it('takes nothing before the first snapshot', () => {
    expect(nextStep(null, patch(0, 1), 0)).toEqual({ step: 'ignore', cursor: null });
  });

  it('applies what fits and moves on', () => {
    expect(nextStep(at(4), patch(4, 7), 0)).toEqual({ step: 'apply', cursor: at(7) });
    expect(nextStep(at(7), tick(7), 0)).toEqual({ step: 'confirm', cursor: at(7) });
  });

  it('asks for a snapshot after a gap, be it a patch or a tick that shows it', () => {
    expect(nextStep(at(4), patch(5, 6), 9).step).toBe('ask');
    expect(nextStep(at(4), tick(5), 9).step).toBe('ask');
  });

  it('takes nothing but the snapshot after a gap, and asks again when it stays away', () => {
    const { cursor } = nextStep(at(4), patch(5, 6), 100);
    expect(nextStep(cursor, patch(4, 5), 101).step).toBe('ignore');
    const again = nextStep(cursor, tick(6), 100 + ASK_AGAIN_MS);
    expect(again.step).toBe('ask');
    expect(nextStep(again.cursor, snapshot(6, []), 200)).toEqual({ step: 'replace', cursor: at(6) });
  });

  it('lets a new instance replace everything, whatever its revision', () => {
    expect(nextStep(at(900), snapshot(1, [], 'b'), 0)).toEqual({
      step: 'replace',
      cursor: { instance: 'b', revision: 1, askedAt: null },
    });
  });
});

describe('the board', () => {
  it('gets only the latest row of each key, in one step', () => {
    const board = createBoard();
    board.apply(foldSnapshot(snapshot(1, [row('w1', 1), row('w2', 1)])));
    const seen: number[] = [];
    board.windows.get('w1')?.subscribe((value) => seen.push(value.votes));
    const pending = emptyPending();
    foldPatch(pending, patch(1, 2, [row('w1', 2)]));
    foldPatch(pending, patch(2, 3, [row('w1', 3)]));
    board.apply(pending);
    expect(seen).toEqual([1, 3]);
    expect(board.revision.value).toBe(3);
  });

  it('leaves the other rows and the list alone when one changes', () => {
    const board = createBoard();
    board.apply(foldSnapshot(snapshot(1, [row('w1', 1), row('w2', 1)])));
    const { value: ids } = board.windows.ids;
    const other = board.windows.get('w2')?.value;
    const pending = emptyPending();
    foldPatch(pending, patch(1, 2, [row('w1', 2)]));
    board.apply(pending);
    expect(board.windows.ids.value).toBe(ids);
    expect(board.windows.get('w2')?.value).toBe(other);
  });

  it('takes in a window that a patch brings, and forgets one that a snapshot leaves out', () => {
    const board = createBoard();
    board.apply(foldSnapshot(snapshot(1, [row('w1', 1)])));
    const pending = emptyPending();
    foldPatch(pending, patch(1, 2, [row('w9', 0)]));
    board.apply(pending);
    expect(board.windows.ids.value).toEqual(['w1', 'w9']);
    board.apply(foldSnapshot(snapshot(1, [row('w9', 4)], 'b')));
    expect(board.windows.ids.value).toEqual(['w9']);
    expect(board.windows.get('w9')?.value.votes).toBe(4);
    expect(board.windows.get('w1')).toBeUndefined();
  });

  it('takes in the places that a patch brings, and leaves the others', () => {
    const board = createBoard();
    const place = (rank: number) => ({ rank, best: 1, worst: 3, of: 3 });
    const known = [1, 2].map((rank) => ({ unitId: `u${rank}`, place: place(rank) }));
    board.apply(foldSnapshot({ ...snapshot(1, []), places: known }));
    const pending = emptyPending();
    foldPatch(pending, { ...patch(1, 2), places: [{ unitId: 'u2', place: place(3) }] });
    foldPatch(pending, { ...patch(2, 3), places: [{ unitId: 'u2', place: null }] });
    board.apply(pending);
    expect(board.places.value).toEqual([known[0], { unitId: 'u2', place: null }]);
  });

  it('lets a snapshot undo what was folded before it', () => {
    const board = createBoard();
    let pending = emptyPending();
    foldPatch(pending, patch(1, 2, [row('w1', 50)]));
    pending = foldSnapshot(snapshot(9, [row('w1', 3)]));
    foldPatch(pending, patch(9, 10, [row('w1', 4)]));
    board.apply(pending);
    expect(board.windows.get('w1')?.value.votes).toBe(4);
    expect(board.revision.value).toBe(10);
  });
});

it('keeps the ticker newest first, each vote once, and short', () => {
  const vote = (id: number) => ({ id, windowId: 'w1', rating: 'satisfied' as const, at: id });
  expect(mergeTicker([vote(2), vote(1)], [vote(3), vote(2)]).map(({ id }) => id)).toEqual([3, 2, 1]);
  const many = Array.from({ length: 100 }, (_, id) => vote(id));
  expect(mergeTicker(many.slice(0, 50), many.slice(50))).toHaveLength(TICKER_LENGTH);
});

it('keeps sixty minutes of trend, the newer value of a minute', () => {
  const minute = (position: number, satisfied: number) => ({
    minute: position * 60_000,
    satisfied,
    basically: 0,
    unsatisfied: 0,
  });
  const known = Array.from({ length: TREND_MINUTES }, (_, position) => minute(position, 1));
  const merged = mergeTrend(known, [minute(59, 5), minute(60, 2)]);
  expect(merged).toHaveLength(TREND_MINUTES);
  expect(merged[0]?.minute).toBe(60_000);
  expect(merged.slice(-2).map(({ satisfied }) => satisfied)).toEqual([5, 2]);
});

it('stays bounded however long nothing is painted', () => {
  const pending = emptyPending();
  for (let revision = 0; revision < 5_000; revision += 1) {
    const minute = { minute: revision * 60_000, satisfied: 1, basically: 0, unsatisfied: 0 };
    foldPatch(pending, {
      ...patch(revision, revision + 1, [row(`w${revision % 7}`, revision)]),
      trend: [minute],
      ticker: [{ id: revision, windowId: 'w1', rating: 'satisfied', at: 0 }],
    });
  }
  expect(pending.windows.size).toBe(7);
  expect(pending.ticker).toHaveLength(TICKER_LENGTH);
  expect(pending.trend.size).toBeLessThanOrEqual(2 * TREND_MINUTES);
});

it('waits at most five seconds before it tries again, and never the same time for all', () => {
  for (let attempt = 0; attempt < 30; attempt += 1) {
    expect(backoffMs(attempt, 0.999)).toBeLessThanOrEqual(5_000);
    expect(backoffMs(attempt, 0)).toBeGreaterThan(0);
    expect(backoffMs(attempt, 0.9)).toBeGreaterThan(backoffMs(attempt, 0.1));
  }
});
