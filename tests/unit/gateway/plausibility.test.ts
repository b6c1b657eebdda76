/** What one terminal can have had: by what people can press, and by what the gateway knew of its journal before. */
import { describe, expect, it } from 'vitest';
import { createExclusions } from '../../../gateway/domain/exclusions.ts';
import { JournalHistory, newJournalHistory } from '../../../gateway/domain/journal-history.ts';
import { createVoteRates } from '../../../gateway/domain/vote-rates.ts';
import { createClockAlarms } from '../../../gateway/fleet/clock-alarms.ts';
import { createReadings } from '../../../gateway/ingest/readings.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.parse('2026-11-25T08:00:00Z');

describe('votes by when they were pressed', () => {
  const rates = () => createVoteRates({ perMinute: 3, perHour: 5, perDay: 7 });
  const takeMany = (of: ReturnType<typeof rates>, times: number[]) =>
    times.filter((at) => of.take(1, at)).length;

  it('are as many a minute, an hour, a day as the limits say, in whatever order they come', () => {
    expect(takeMany(rates(), Array(10).fill(NOW))).toBe(3);
    const minutes = Array.from({ length: 10 }, (_, minute) => NOW + minute * MINUTE);
    expect(takeMany(rates(), minutes)).toBe(5);
    const hours = Array.from({ length: 10 }, (_, hour) => NOW + hour * HOUR);
    expect(takeMany(rates(), hours)).toBe(7);
    const back = rates();
    expect(takeMany(back, [NOW, NOW + MINUTE, NOW, NOW + MINUTE, NOW, NOW, NOW + MINUTE])).toBe(5);
  });
  it('of a long backlog are all taken, and each day of it only once', () => {
    const days = Array.from({ length: 300 }, (_, day) => NOW - (300 - day) * DAY);
    const one = rates();
    expect(
      takeMany(
        one,
        days.flatMap((day) =>
          Array(7)
            .fill(0)
            .map((_, hour) => day + hour * HOUR),
        ),
      ),
    ).toBe(2_100);
    expect(takeMany(one, days)).toBe(0);
  });
  it('are a terminal’s own, and what was stored before a restart counts', () => {
    const one = rates();
    one.remember(1, NOW, 6);
    expect(one.take(1, NOW)).toBe(false);
    expect(one.take(1, NOW + HOUR)).toBe(true);
    expect(one.take(1, NOW + 2 * HOUR)).toBe(false);
    expect(one.take(2, NOW)).toBe(true);
  });
});

describe('the history of a journal', () => {
  it('says when a number did not exist yet', () => {
    const history = newJournalHistory(null, NOW, 100);
    expect(history.notBefore(1, NOW)).toBe(NOW - 31 * DAY);
    history.note(10, NOW);
    history.note(25, NOW + HOUR);
    history.note(25, NOW + 2 * HOUR);
    expect(history.notBefore(26, NOW + 3 * HOUR)).toBe(NOW + 2 * HOUR);
    expect(history.notBefore(20, NOW + 3 * HOUR)).toBe(NOW);
    expect(history.notBefore(10, NOW + 3 * HOUR)).toBe(NOW - 31 * DAY);
    expect(newJournalHistory(NOW - HOUR, NOW, 100).notBefore(1, NOW)).toBe(NOW - HOUR);
  });
  it('believes no moment that is still to come: the clock was set back', () => {
    const history = newJournalHistory(NOW, NOW, 100);
    history.note(5, NOW + DAY);
    expect(history.notBefore(6, NOW)).toBe(NOW);
  });
  it('bounds how far a number can have come', () => {
    const history = newJournalHistory(NOW - DAY, NOW, 100);
    expect(history.highest(NOW)).toBe(2_000 + 1_000);
    history.note(500, NOW);
    expect(history.highest(NOW)).toBe(2_500);
    history.note(400, NOW + HOUR);
    expect(history.known).toEqual({ seq: 500, at: NOW });
    expect(newJournalHistory(null, NOW, 100).highest(NOW)).toBe(10_000_000);
    expect(
      new JournalHistory({ known: { seq: 9, at: NOW + DAY }, floorAt: null, perDay: 1 }).highest(NOW),
    ).toBe(2_009);
  });
});

describe('two clocks', () => {
  const mono = { now: 1_000 };
  const readings = createReadings(
    () => NOW + mono.now,
    () => mono.now,
  );
  const told = { boot: 'b', mono: 50_000, clock: 'ntp' as const };
  it('are told apart by hello, and a press is dated by the one that never jumps', () => {
    expect(readings.take(1, { ...told, time: NOW + 1_000 })).toBeNull();
    expect(readings.take(1, { ...told, time: NOW + HOUR })).toBe(HOUR - 1_000);
    expect(readings.isApart(1)).toBe(true);
    mono.now += 5_000;
    expect(readings.of(1, { boot: 'b', mono: 52_000 })).toEqual({
      byMonotonic: NOW + 1_000 + 2_000,
      isClockApart: true,
    });
    expect(readings.of(1, { boot: 'another', mono: 1 })).toEqual({ byMonotonic: null, isClockApart: false });
  });
  it('of a terminal that knows its own for wrong are no alarm', () => {
    expect(readings.take(2, { ...told, clock: 'estimated', time: NOW - DAY })).toBeNull();
    expect(readings.isApart(2)).toBe(true);
    expect(readings.take(3, { boot: 'b', clock: 'ntp' })).toBeNull();
    expect(readings.isApart(3)).toBe(false);
  });
});

describe('clocks that disagree', () => {
  it('are one terminal’s fault, until most say the same of the gateway', () => {
    const said: (string | number | null)[] = [];
    const alarms = createClockAlarms({
      changed: (id, apartMs) => said.push(id, apartMs),
      gatewayDoubted: (behindMs) => said.push(behindMs === null ? 'well' : `gateway ${behindMs}`),
    });
    for (const id of ['a', 'b', 'c', 'd', 'e']) alarms.heard(id, null);
    expect(said).toEqual([]);
    alarms.heard('a', HOUR);
    alarms.heard('a', HOUR + 5);
    alarms.heard('b', -DAY);
    alarms.heard('c', HOUR);
    expect(said).toEqual(['a', HOUR, 'b', -DAY, 'c', HOUR]);
    expect(alarms.gatewayBehindMs()).toBeNull();
    alarms.heard('d', HOUR + MINUTE);
    expect(said.slice(6)).toEqual(['d', HOUR + MINUTE, `gateway ${HOUR + 5}`]);
    expect(alarms.count()).toBe(4);
    alarms.heard('a', null);
    alarms.heard('c', null);
    expect(said.at(-1)).toBe('well');
    expect(alarms.isApart('a')).toBe(false);
  });

  it('are no witnesses here any more when they have gone to another gateway', () => {
    const said: (string | number | null)[] = [];
    const alarms = createClockAlarms({
      changed: (id, apartMs) => said.push(id, apartMs),
      gatewayDoubted: (behindMs) => said.push(behindMs === null ? 'well' : `gateway ${behindMs}`),
    });
    for (const id of ['a', 'b', 'c', 'd']) alarms.heard(id, HOUR);
    expect(alarms.warnings()).toEqual(['gateway-clock-doubted']);
    said.length = 0;
    for (const id of ['a', 'b', 'c']) alarms.left(id);
    expect([alarms.count(), alarms.gatewayBehindMs(), alarms.warnings()]).toEqual([
      1,
      null,
      ['clocks-disagree'],
    ]);
    alarms.left('d');
    alarms.left('d');
    expect([alarms.count(), alarms.warnings()]).toEqual([0, []]);
    expect(said).toEqual(['well']);
  });
});

describe('exclusions', () => {
  it('hold for their terminal, from the first moment to before the last, while they are in force', () => {
    const one = { terminalKey: 1, originKey: null, windowKey: null, from: 10, to: 20, endedAt: null };
    const exclusions = createExclusions([one, { ...one, terminalKey: 2, endedAt: 5 }]);
    const pressed = (at: number) => ({ journalKey: 7, windowKey: 3, at });
    expect([9, 10, 19, 20].map((at) => exclusions.excludes(pressed(at), 1))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(exclusions.excludes(pressed(15), 2)).toBe(false);
    expect(exclusions.excludes(pressed(15), null)).toBe(false);
    expect(createExclusions([]).excludes(pressed(15), 1)).toBe(false);
  });

  it('hold for a system, for it at a window, or for all that came at a window', () => {
    const none = { terminalKey: null, originKey: null, windowKey: null, from: 10, to: 20, endedAt: null };
    const places = [
      ...[
        { journalKey: -1, windowKey: 3 },
        { journalKey: -1, windowKey: 4 },
      ],
      ...[
        { journalKey: -2, windowKey: 3 },
        { journalKey: 7, windowKey: 3 },
      ],
    ];
    const hits = (span: Partial<typeof none> | { originKey?: number; windowKey?: number }, at = 15) => {
      const { excludes } = createExclusions([{ ...none, ...span }]);
      return places.map((place) => excludes({ ...place, at }, place.journalKey > 0 ? 1 : null));
    };
    expect(hits({ originKey: -1 })).toEqual([true, true, false, false]);
    expect(hits({ originKey: -1, windowKey: 3 })).toEqual([true, false, false, false]);
    expect(hits({ windowKey: 3 })).toEqual([true, false, true, true]);
    expect(hits({ windowKey: 3 }, 20)).toEqual([false, false, false, false]);
    expect(hits({ windowKey: 3, endedAt: 5 } as object)).toEqual([false, false, false, false]);
  });
});
