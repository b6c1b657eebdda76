/** The recount and what is served are two programs: of whatever votes, rules, zones and counts, they say the same. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCalendar } from '../../gateway/domain/calendar.ts';
import { createHolidays } from '../../gateway/domain/opening-hours/holidays.ts';
import { figureOf } from '../../gateway/domain/statistics/figure.ts';
import type { JudgedVote } from '../../gateway/domain/verdicts/judged-vote.ts';
import type { RuleSettings } from '../../gateway/domain/verdicts/rule-settings.ts';
import type { RuleVersion } from '../../gateway/domain/verdicts/rule-versions.ts';
import { verdictsOf } from '../../gateway/domain/verdicts/verdicts-of.ts';
import { createWindowRules } from '../../gateway/domain/verdicts/window-rules.ts';
import { createZonedTime } from '../../gateway/domain/zoned-time.ts';
import { figuresOf } from '../../gateway/recount/figures.ts';
import { createLocalTime } from '../../gateway/recount/local-time.ts';
import { rulesThroughTime } from '../../gateway/recount/rules.ts';
import { judge, judgeAll } from '../../gateway/recount/verdicts.ts';
import { inOrder, type Vote } from '../../gateway/recount/vote.ts';
import { anySettings, anyVotes } from '../support/presses.ts';

const ZONES = [
  'Asia/Shanghai',
  'Asia/Kathmandu',
  'Europe/Berlin',
  'America/St_Johns',
  'Pacific/Apia',
  'Australia/Lord_Howe',
];
const NOTICES = [
  { date: '2026-10-24', name: 'worked', isOff: false },
  { date: '2026-10-26', name: 'off', isOff: true },
];
const PATH = ['all', 'unit:city', 'window:w'];

const anyClock = fc
  .tuple(fc.integer({ min: 0, max: 94 }), fc.integer({ min: 1, max: 96 }))
  .map(([from, length]) => [from, Math.min(96, from + length)] as const)
  .map((ends) => ends.map((quarter) => `${two(Math.floor(quarter / 4))}:${two((quarter % 4) * 15)}`))
  .map(([from, to]) => ({ from: from!, to: to! }));
const two = (number: number) => String(number).padStart(2, '0');
const anyHours = fc
  .record({
    spans: fc.array(anyClock, { minLength: 1, maxLength: 1 }),
    makeUp: fc.option(fc.array(anyClock, { maxLength: 1 })),
    exception: fc.array(anyClock, { maxLength: 1 }),
    jurisdiction: fc.constantFrom(null, 'here'),
    graceBeforeMinutes: fc.constantFrom(0, 7, 90),
    graceAfterMinutes: fc.constantFrom(0, 45),
  })
  .map(({ spans, exception, ...rest }) => ({
    ...rest,
    weekly: [spans, spans, [], spans, spans, [], spans],
    exceptions: [{ date: '2026-10-25', spans: exception, name: 'another day' }],
  }));
const anyRules: fc.Arbitrary<Partial<RuleSettings>> = fc
  .tuple(anySettings, fc.option(anyHours), fc.subarray(['2026-10-24', '2026-10-25', '2026-10-26']), fc.nat(3))
  .map(([settings, hours, dates, off]) => {
    const days = dates.map((date) => ({ date, name: 'of the city' }));
    const own = { holidays: days.slice(0, off), workdays: days.slice(off) };
    return { ...settings, ...(hours && { hours, ...own }) };
  });

const anyVersions = fc
  .array(
    fc.record({
      nodeId: fc.constantFrom(...PATH, 'unit:elsewhere'),
      validFrom: fc.constantFrom('0000-01-01', '2026-10-24', '2026-10-25', '2026-10-26'),
      days: fc.option(fc.nat(1)),
      settings: anyRules,
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((all) =>
    all.map(({ days, ...one }, index): RuleVersion => {
      const before = all.slice(0, index).filter(({ nodeId }) => nodeId === one.nodeId).length;
      const from = Date.parse(`${one.validFrom}T00:00Z`);
      const validTo = days === null ? null : new Date(from + days * 86_400_000).toISOString().slice(0, 10);
      return { ...one, version: before + 1, validTo };
    }),
  );

/** Around a midnight in whose night clocks are changed in some zones. */
const anyCase = fc
  .record({
    timeZone: fc.constantFrom(...ZONES),
    versions: anyVersions,
    aroundMs: fc.integer({ min: -40, max: 40 }).map((quarters) => quarters * 15 * 60_000),
  })
  .chain(({ timeZone, versions, aroundMs }) => {
    const calendar = createCalendar(timeZone);
    const midnight = calendar.startOf(calendar.dayOf(Date.parse('2026-10-25T12:00:00Z')));
    return anyVotes(midnight + aroundMs).map((votes) => ({ timeZone, versions, votes }));
  });

const voteOf = ({ sourceKey, device, ...vote }: JudgedVote): Vote => ({
  ...{ ...vote, journalKey: sourceKey, terminalKey: device ?? 0, isPressed: device !== null },
  ...{ channel: 0, clock: 0, isPlaced: false, receivedAt: vote.at, verdict: 0, decision: null },
});

function bothRules(timeZone: string, versions: readonly RuleVersion[]) {
  const holidays = createHolidays({ revision: 'test', years: [2026], days: NOTICES });
  const place = {
    calendar: createCalendar(timeZone),
    zoned: createZonedTime(timeZone),
    holidaysOf: () => holidays,
  };
  const stored = versions.map(({ nodeId: node, ...version }) => ({ ...version, node }));
  return {
    served: createWindowRules(PATH, versions, place),
    own: rulesThroughTime(
      PATH,
      stored,
      createLocalTime(timeZone),
      () => new Map(NOTICES.map((day) => [day.date, day])),
    ),
  };
}

describe('a recount of verdicts', () => {
  it('says what is served, of any votes by any versions of the rules in any zone', () => {
    const kinds = new Set<string>();
    fc.assert(
      fc.property(anyCase, ({ timeZone, versions, votes }) => {
        const { served, own } = bothRules(timeZone, versions);
        const expected = verdictsOf(votes, served).map(({ code }) => code);
        const sorted = votes.map((vote, index) => ({ vote: voteOf(vote), code: expected[index]! }));
        sorted.sort((a, b) => inOrder(a.vote, b.vote));
        const found = judge(
          sorted.map(({ vote }) => vote),
          own,
        );
        expect(found).toEqual(sorted.map(({ code }) => code));
        for (const code of found) kinds.add(code);
      }),
      { numRuns: 150 },
    );
    expect([...kinds].sort()).toEqual([
      'burst',
      'counted',
      'out-of-hours',
      'stuck',
      'superseded',
      'test',
      'too-soon',
    ]);
  });

  it('says the same in pages of any size, and of a stretch without a pause that is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyCase,
        fc.integer({ min: 1, max: 30 }),
        async ({ timeZone, versions, votes }, size) => {
          const { own } = bothRules(timeZone, versions);
          const sorted = votes.map(voteOf).sort(inOrder);
          async function* pages() {
            for (let at = 0; at < sorted.length; at += size) yield sorted.slice(at, at + size);
          }
          const found: string[] = [];
          for await (const judged of judgeAll(pages(), own))
            found.push(...judged.map(({ vote, verdict }) => `${vote.seq} ${verdict}`));
          const expected = judge(sorted, own).map((verdict, index) => `${sorted[index]!.seq} ${verdict}`);
          expect(found).toEqual(expected);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('keeps little of endless pressing in memory, and says what it would say of all', async () => {
    const { own } = bothRules('Asia/Shanghai', []);
    const start = Date.parse('2026-10-25T00:00:00Z');
    // Some gaps are alike, none is a pause: most of a day, three seconds apart.
    const all = Array.from({ length: 20_000 }, (_none, index) =>
      voteOf({
        ...{ sourceKey: 1, seq: index + 1, device: 1, boot: 'b', isTimed: true, heldMs: null },
        ...{ rating: ((index * index) % 3) as 0 | 1 | 2, isTest: false, isImputed: false },
        ...{ at: start + index * 3_000 + (index % 7) * 130, mono: index * 3_000 + (index % 7) * 130 },
      }),
    );
    let [most, given, told] = [0, 0, 0];
    async function* pages() {
      for (let at = 0; at < all.length; at += 1_000) {
        given += 1_000;
        most = Math.max(most, given - told);
        yield all.slice(at, at + 1_000);
      }
    }
    const expected = judge(all, own);
    for await (const judged of judgeAll(pages(), own, 2_000))
      for (const { vote, verdict } of judged) {
        expect(vote.seq).toBe(told + 1);
        if (verdict !== expected[told]) expect.fail(`${vote.seq}: ${verdict}, not ${expected[told]}`);
        told += 1;
      }
    expect(told).toBe(all.length);
    expect(most).toBeLessThan(17_000);
  });
});

describe('a recount of figures', () => {
  const anyCount = fc.oneof(fc.constantFrom(0, 0, 1), fc.nat(40), fc.nat(20_000), fc.nat(2_000_000_000));
  const anyWorth = fc.oneof(
    fc.nat(100),
    fc.nat(1_000).map((tenths) => tenths / 10),
  );
  const anyWeights = fc
    .tuple(anyWorth, anyWorth, anyWorth)
    .filter((three) => new Set(three).size > 1)
    .map(([satisfied, basically, unsatisfied]) => ({ satisfied, basically, unsatisfied }));

  it('says what is served, to twelve digits, of any counts and weights', () => {
    fc.assert(
      fc.property(
        fc.record({ satisfied: anyCount, basically: anyCount, unsatisfied: anyCount }),
        fc.oneof(fc.constant({ satisfied: 100, basically: 60, unsatisfied: 0 }), anyWeights),
        fc.constantFrom(0.8, 0.95, 0.998),
        fc.constantFrom(0, 0.5, 0.85, 1),
        (counts, weights, confidence, target) => {
          const settings = { weights, confidence, target, minimum: 30 };
          const [own, served] = [figuresOf(counts, settings), figureOf(counts, settings)];
          expect(own.votes).toBe(served.votes);
          expect(own.isSufficient).toBe(served.isSufficient);
          for (const name of ['rate', 'index', 'satisfiedShare', 'middleShare'] as const) {
            if (own[name] === null || served[name] === null) {
              expect(own[name]).toBe(served[name]);
              continue;
            }
            for (const part of ['value', 'lower', 'upper'] as const)
              expect(
                Math.abs(own[name][part] - served[name][part]) / Math.max(1, served[name][part]),
                `${name} ${part}`,
              ).toBeLessThan(1e-12);
          }
          // Where an end lies on the target, either may be right.
          const isOnTarget = [served.rate?.lower, served.rate?.upper].some(
            (end) => end !== undefined && Math.abs(end - target) < 1e-12,
          );
          if (!isOnTarget) expect(own.proof).toBe(served.proof);
        },
      ),
      { numRuns: 30 },
    );
  });
});
