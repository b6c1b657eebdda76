import { describe, expect, it } from 'vitest';
import { createCalendar } from '../../../gateway/domain/calendar.ts';
import { combine, reconcile, standingOf, UNKNOWN } from '../../../gateway/domain/completeness.ts';
import { buildTree, unitsAbove, unitsBelow } from '../../../gateway/domain/org.ts';
import { spanOf } from '../../../gateway/domain/period.ts';
import { DEFAULT_WEIGHTS, scoreOf } from '../../../gateway/domain/score.ts';
import { SeqRanges } from '../../../gateway/domain/seq-ranges.ts';
import { placeVote } from '../../../gateway/domain/vote-time.ts';

const at = (iso: string) => Date.parse(iso);
const counts = (satisfied: number, basically: number, unsatisfied: number) => ({
  satisfied,
  basically,
  unsatisfied,
});

describe('score', () => {
  it('is the share of good answers and the weighted mean, unrounded', () => {
    const score = scoreOf(counts(90, 5, 5), DEFAULT_WEIGHTS);
    expect(score.votes).toBe(100);
    expect(score.rate).toBe(0.95);
    expect(score.index).toBe(93);
  });

  it('of nothing is nothing, never a guess', () => {
    expect(scoreOf(counts(0, 0, 0), DEFAULT_WEIGHTS)).toMatchObject({ votes: 0, rate: null, index: null });
  });
});

describe('calendar', () => {
  it('ends the day at local midnight', () => {
    const calendar = createCalendar('Asia/Shanghai');
    const before = calendar.dayOf(at('2026-11-21T15:59:59.999Z'));
    const after = calendar.dayOf(at('2026-11-21T16:00:00.000Z'));
    expect(after).toBe(before + 1);
    expect(calendar.nameOf(after)).toBe('2026-11-22');
    expect(calendar.startOf(after)).toBe(at('2026-11-21T16:00:00Z'));
    expect(calendar.nameOf(calendar.monthStart(after))).toBe('2026-11-01');
  });

  it.each([
    ['Asia/Kathmandu', '2026-11-21T18:15:00Z'],
    ['America/St_Johns', '2026-11-22T03:30:00Z'],
    ['Pacific/Kiritimati', '2026-11-21T10:00:00Z'],
    ['Etc/GMT+12', '2026-11-22T12:00:00Z'],
  ])('knows %s, whose offset is no whole hour or far out', (zone, midnight) => {
    const calendar = createCalendar(zone);
    const day = calendar.dayOf(at(midnight));
    expect(calendar.nameOf(day)).toBe('2026-11-22');
    expect(calendar.startOf(day)).toBe(at(midnight));
  });

  it('knows days of 23 and 25 hours', () => {
    const calendar = createCalendar('Europe/Berlin');
    const spring = calendar.dayOf(at('2026-03-29T12:00:00Z'));
    expect(calendar.startOf(spring + 1) - calendar.startOf(spring)).toBe(23 * 3_600_000);
    const autumn = calendar.dayOf(at('2026-10-25T12:00:00Z'));
    expect(calendar.startOf(autumn + 1) - calendar.startOf(autumn)).toBe(25 * 3_600_000);
  });

  it('refuses a zone that does not exist', () => {
    expect(() => createCalendar('Mars/Olympus')).toThrow(RangeError);
  });
});

describe('period', () => {
  const calendar = createCalendar('Asia/Shanghai');
  const now = at('2026-11-22T02:30:30Z');
  it('covers the minute under way and the 59 before it', () => {
    expect(spanOf('60m', now, calendar)).toEqual({
      from: at('2026-11-22T01:31:00Z'),
      to: at('2026-11-22T02:31:00Z'),
    });
  });
  it('covers seven local days and the calendar month', () => {
    expect(spanOf('7d', now, calendar).from).toBe(at('2026-11-15T16:00:00Z'));
    expect(spanOf('month', now, calendar)).toEqual({
      from: at('2026-10-31T16:00:00Z'),
      to: at('2026-11-22T16:00:00Z'),
    });
  });
});

describe('sequence ranges', () => {
  it('close up as holes are filled, in any order', () => {
    const ranges = new SeqRanges();
    for (const seq of [3, 1, 7, 6]) ranges.add(seq);
    expect(ranges.upTo).toBe(1);
    expect(ranges.missing(ranges.max, 10)).toEqual([
      [2, 2],
      [4, 5],
    ]);
    expect(ranges.size).toBe(4);
    ranges.add(2);
    expect(ranges.upTo).toBe(3);
    ranges.add(4, 5);
    expect(ranges.upTo).toBe(7);
    expect(ranges.fragments).toBe(0);
  });
});

const COMPLETE = { state: 'complete', pending: 0, held: 0, setAside: 0, lost: 0, since: null } as const;

describe('completeness', () => {
  const evidence = {
    received: 5,
    stored: counts(3, 1, 1),
    quarantined: 0,
    held: 0,
    lost: 0,
    writtenOff: 0,
    implausible: false,
    totals: counts(3, 1, 1),
    announced: 5,
  };
  it('is complete when both evidences agree', () => {
    expect(reconcile(evidence)).toEqual(COMPLETE);
  });
  it('counts what is on its way, from totals or from what hello announced', () => {
    expect(reconcile({ ...evidence, totals: counts(5, 2, 1) })).toMatchObject({
      state: 'pending',
      pending: 3,
    });
    expect(reconcile({ ...evidence, announced: 9 })).toMatchObject({ state: 'pending', pending: 4 });
  });
  it('tells lost votes and ratings that do not agree', () => {
    expect(reconcile({ ...evidence, lost: 2, announced: 7 })).toEqual({
      ...COMPLETE,
      state: 'lost',
      lost: 2,
    });
    expect(reconcile({ ...evidence, totals: counts(4, 1, 0) }).state).toBe('mismatch');
  });
  it('of several is the worst, and of none unknown', () => {
    const pending = { ...COMPLETE, state: 'pending' as const, pending: 2 };
    expect(combine([reconcile(evidence), pending, UNKNOWN])).toEqual(pending);
    expect(combine([])).toEqual(UNKNOWN);
  });
  it('is not complete while a person has to decide, and is again when they have', () => {
    const one = { ...evidence, received: 6, quarantined: 1, announced: 6, totals: counts(4, 1, 1) };
    expect(reconcile({ ...one, held: 1 })).toEqual({ ...COMPLETE, state: 'held', held: 1 });
    expect(reconcile(one)).toEqual(COMPLETE);
    expect(reconcile({ ...evidence, lost: 2, writtenOff: 2, announced: 7 })).toEqual(COMPLETE);
    expect(reconcile({ ...evidence, implausible: true }).state).toBe('mismatch');
  });
  it('of a silent terminal is unknown since it was last heard, and what else is wrong is told all the same', () => {
    const journals = [reconcile(evidence)];
    const silent = { journals, allClosed: false, online: false, lastSeenAt: 1_000, setAside: 0 };
    expect(standingOf({ ...silent, online: true })).toEqual(COMPLETE);
    expect(standingOf(silent)).toEqual({ ...COMPLETE, state: 'unknown', since: 1_000 });
    expect(standingOf({ ...silent, setAside: 3 })).toEqual({
      ...COMPLETE,
      state: 'set-aside',
      setAside: 3,
      since: 1_000,
    });
    expect(standingOf({ ...silent, journals: [], allClosed: true })).toEqual(COMPLETE);
    expect(standingOf({ ...silent, journals: [], lastSeenAt: null })).toEqual(UNKNOWN);
  });
});

describe('vote time', () => {
  const now = at('2026-11-22T00:00:00Z');
  const HOUR = 3_600_000;
  const told = { receivedAt: now, notBefore: 0, byMonotonic: null, isClockApart: false };
  it('takes a night’s backlog, and places 1970 and 2100 where it received them', () => {
    expect(placeVote(now - 12 * HOUR, told)).toBe(now - 12 * HOUR);
    expect(placeVote(0, told)).toBe(now);
    expect(placeVote(at('2100-01-01T00:00:00Z'), told)).toBe(now);
  });
  it('does not put a press before the number can have existed', () => {
    const known = { ...told, notBefore: now - HOUR };
    expect(placeVote(now - HOUR - 60_000, known)).toBe(now - HOUR - 60_000);
    expect(placeVote(now - 2 * HOUR, known)).toBe(now);
    expect(placeVote(now - 2 * HOUR, { ...known, byMonotonic: now - 5_000 })).toBe(now - 5_000);
    expect(placeVote(now - 2 * HOUR, { ...known, byMonotonic: now - 3 * HOUR })).toBe(now - HOUR);
  });
  it('goes by the monotonic clock where the wall clocks disagree', () => {
    const apart = { ...told, isClockApart: true, byMonotonic: now - 30_000 };
    expect(placeVote(now - HOUR, apart)).toBe(now - 30_000);
    expect(placeVote(now + HOUR, apart)).toBe(now - 30_000);
    expect(placeVote(now - 60_000, apart)).toBe(now - 60_000);
  });
});

describe('organisation tree', () => {
  const tree = buildTree(
    [
      { key: 3, id: 'town', parentId: 'county', name: '镇' },
      { key: 1, id: 'city', parentId: null, name: '市' },
      { key: 2, id: 'county', parentId: 'city', name: '县' },
    ],
    [{ key: 1, id: 'w', unitId: 'town', name: '1号' }],
    [{ key: 1, id: 't-1', windowId: 'w' }],
  );
  it('has parents before children, paths and scopes', () => {
    expect(tree.units.map(({ id }) => id)).toEqual(['city', 'county', 'town']);
    expect(tree.pathOf.get('town')).toEqual(['市', '县', '镇']);
    expect(unitsAbove(tree, 'town').map(({ id }) => id)).toEqual(['town', 'county', 'city']);
    expect([...unitsBelow(tree, 'county')]).toEqual(['county', 'town']);
  });
});
