/**
 * Whatever comes in time, late or again, whatever is moved, excluded and ruled meanwhile, in whatever zone: what is served of every unit and
 * window, day by day, is what `manyi recount` makes of the stored votes. The recount shares no code with what it is held against.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCalendar } from '../../gateway/domain/calendar.ts';
import { buildTree } from '../../gateway/domain/org.ts';
import { createTreeThen } from '../../gateway/domain/tree-then.ts';
import type { RuleSettings } from '../../gateway/domain/verdicts/rule-settings.ts';
import { createUnitZoneChanges } from '../../gateway/org/unit-zone-changes.ts';
import { recount } from '../../gateway/recount/recount.ts';
import { countedOf, type Sums, votesIn } from '../../gateway/recount/sums.ts';
import { createNodeHistory } from '../../gateway/scores/node-history.ts';
import { OrgRefusal } from '../../gateway/store/failures.ts';
import type { HistoryOf } from '../../gateway/store/history.ts';
import type { Correction, Unjudged, VoteRecord } from '../../gateway/store/ledger.ts';
import type { OrgTx } from '../../gateway/store/org.ts';
import type { Foreseen } from '../../gateway/store/verdicts.ts';
import { createLiveVerdicts, type LiveVerdicts } from '../../gateway/verdicts/live-verdicts.ts';
import { openRuleBook, type RuleBook } from '../../gateway/verdicts/rule-book.ts';
import { createRuleChanges } from '../../gateway/verdicts/rule-changes.ts';
import type { RulePlace } from '../../gateway/verdicts/rule-places.ts';
import { judgeStored } from '../../gateway/verdicts/stored-verdicts.ts';
import type { SpanFigures } from '../../protocol/score.ts';
import { decide } from '../support/decide.ts';
import { figures } from '../support/figures.ts';
import { batchOf } from '../support/ledger-home.ts';
import { compareDiscounted, compareExcluded, compareRollups } from '../support/ledger-recount.ts';
import { plantMovingCity, UNITS, WINDOWS } from '../support/moving-city.ts';
import { type OpenPorts, type PortsHome, portHomes } from '../support/port-homes.ts';
import { voteRecord } from '../support/store.ts';

/** Each with the day of its year on which clocks are set back, where there is one. */
const ZONES = [
  ['Asia/Shanghai', '2026-11-11'],
  ['Asia/Kathmandu', '2026-11-11'],
  ['Europe/Berlin', '2026-10-25'],
  ['America/St_Johns', '2026-11-01'],
  ['Australia/Lord_Howe', '2026-04-05'],
] as const;
/** More of them, for longer: MANYI_RECOUNT_RUNS=200. A failure names its seed, which is drawn again by MANYI_SEED. */
const RUNS = Number(process.env.MANYI_RECOUNT_RUNS ?? 1);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const BY = { actor: { kind: 'cli', user: 'test' } as const, origin: 'local' };
const EVER = '0001-01-01';
const LONG_AGO = '2000-01-01';
/** Of units below a city that has another: quarters and halves of an hour, and half a world apart. */
const OTHER_ZONES = ['Asia/Kathmandu', 'Asia/Kolkata', 'America/New_York', 'Pacific/Chatham', 'Asia/Urumqi'];
const FROM_HEARING = { from: MINUTE, to: 10 * MINUTE };

type Rig = {
  home: PortsHome;
  ports: OpenPorts;
  zone: string;
  days: readonly string[];
  journals: readonly number[];
  sent: VoteRecord[];
  now: number;
  book: RuleBook;
  live: LiveVerdicts;
  /** Found by a thread that only reads, and not written yet. */
  foreseen: Foreseen[];
};
type Step = { name: string; run(rig: Rig): Promise<unknown> };

const step = <T>(
  name: string,
  weight: number,
  of: fc.Arbitrary<T>,
  run: (given: T, rig: Rig) => Promise<unknown>,
) => ({
  weight,
  arbitrary: of.map(
    (given): Step => ({ name: `${name} ${JSON.stringify(given)}`, run: (rig) => run(given, rig) }),
  ),
});

/** As a gateway takes them: judged as they come, where that can be told, and stored. */
async function take(rig: Rig, votes: readonly VoteRecord[]): Promise<void> {
  const corrections: Correction[] = [];
  const unjudged: Unjudged[] = [];
  for (const vote of votes)
    rig.live.judge(vote, vote.windowKey, {
      correct: (one) => void corrections.push(one),
      leave: (one) => void unjudged.push(one),
    });
  await rig.ports.ledger.commit(
    batchOf({ votes: [...votes], corrections, unjudged, judgedBy: rig.book.groundRevision() }),
  );
}

/** What others have changed is heard of. */
async function hear(rig: Rig): Promise<void> {
  const { areOthers, windowKeys } = await rig.book.reload(rig.now);
  if (!areOthers) return;
  rig.live.forget();
  const span = { from: rig.now - FROM_HEARING.from, to: rig.now + FROM_HEARING.to };
  await rig.ports.ledger.commit(
    batchOf({ unjudged: windowKeys.map((windowKey) => ({ windowKey, ...span })) }),
  );
}

async function judge(rig: Rig): Promise<void> {
  const judging = judgeStored(rig.book, { now: () => rig.now, aheadMs: 0 });
  const judged = await rig.ports.verdicts.judge(judging);
  const seen = judging.takeSeen();
  if (judged.isStale) await hear(rig);
  for (const one of seen) rig.live.learn(one);
}

const foresee = async (rig: Rig, forMs: number) => {
  const judging = judgeStored(rig.book, { now: () => rig.now, aheadMs: 0 });
  const found = await rig.ports.verdicts.foresee(judging, rig.foreseen, { before: rig.now, forMs });
  if (found !== null) rig.foreseen.push(found);
};

/** What rests on what is not written rests on nothing. */
const adopt = async (rig: Rig) => {
  const [found] = rig.foreseen.splice(0, 1);
  if (found && (await rig.ports.verdicts.adopt(found)) === null) rig.foreseen = [];
};

/** Time goes by, and no gateway hears of anything a minute late. */
async function pass(rig: Rig, ms: number): Promise<void> {
  if (ms >= MINUTE) await hear(rig);
  rig.now += ms;
}

const changeTree = ({ ports }: Rig, act: (tx: OrgTx) => Promise<unknown>) =>
  ports.org
    .change(async (tx) => {
      await act(tx);
      return tx.audited({ by: BY, action: 'window.move', target: { kind: 'data' } }, undefined);
    })
    .catch((error: unknown) => {
      if (!(error instanceof OrgRefusal)) throw error;
    });

/** What was pressed is judged again by them. */
async function rule(
  { ports, zone, now }: Rig,
  place: RulePlace,
  validFrom: string,
  settings: Partial<RuleSettings>,
): Promise<void> {
  const rules = createRuleChanges({
    ...{ store: ports.rules, publications: ports.publications, timeZone: zone, now: () => now },
    tree: async () =>
      buildTree(await ports.org.units(), await ports.org.windows(), await ports.org.terminals()),
  });
  try {
    await rules.add(BY, { ...place, validFrom, validTo: null, settings, replays: true, reason: '试' });
  } catch (error) {
    // What would contradict what is inherited.
    if (!(error instanceof OrgRefusal)) throw error;
  }
}

/** Days since are cut by other clocks, and opening hours and dates of rules go by them. */
async function setZone(
  { ports, zone, now }: Rig,
  unit: string,
  from: string,
  timeZone: string | null,
): Promise<void> {
  const zones = createUnitZoneChanges({
    ...{ store: ports.org, publications: ports.publications, timeZone: zone, now: () => now },
  });
  try {
    await zones.set(BY, { unit, timeZone, from, replays: true, reason: '试' });
  } catch (error) {
    // What holds already.
    if (!(error instanceof OrgRefusal)) throw error;
  }
}

const anyGap = fc.oneof(fc.integer({ min: 200, max: 6_000 }), fc.integer({ min: 6_000, max: 90_000 }));
const anyPress = fc.record({ gap: anyGap, rating: fc.constantFrom(0, 0, 1, 2) });
const settings: fc.Arbitrary<Partial<RuleSettings>> = fc.record(
  {
    pressIntervalMs: fc.constantFrom(3_000, 5_000, 20_000),
    changeOfMindMs: fc.constantFrom(0, 2_000),
    burstPresses: fc.constantFrom(0, 3),
    stuckPresses: fc.constantFrom(0, 4),
    hours: fc.constantFrom(null, {
      weekly: Array.from({ length: 7 }, () => [
        { from: '01:30', to: '02:30' },
        { from: '09:00', to: '17:15' },
      ]),
      jurisdiction: null,
      makeUp: null,
      exceptions: [],
      graceBeforeMinutes: 0,
      graceAfterMinutes: 20,
    }),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<Partial<RuleSettings>>;

const STEPS = fc.oneof(
  step(
    'pressed',
    6,
    fc.record({ at: fc.nat({ max: 2 }), presses: fc.array(anyPress, { minLength: 1, maxLength: 14 }) }),
    async ({ at, presses }, rig) => {
      for (const { gap, rating } of presses) {
        await pass(rig, gap);
        await take(rig, [pressed(rig, at, rig.now, rating)]);
      }
    },
  ),
  step(
    'pressed before, and late',
    3,
    fc.record({
      at: fc.nat({ max: 2 }),
      hours: fc.integer({ min: 0, max: 40 }),
      presses: fc.array(anyPress, { minLength: 1, maxLength: 14 }),
    }),
    async ({ at, hours, presses }, rig) => {
      let then = rig.now - hours * HOUR - 20 * MINUTE;
      const votes: VoteRecord[] = [];
      for (const { gap, rating } of presses) {
        then += gap;
        if (then <= rig.now) votes.push(pressed(rig, at, then, rating));
      }
      await take(rig, votes);
    },
  ),
  step('sent again', 1, fc.nat(), async (from, { ports, sent }) => {
    const first = sent.length === 0 ? 0 : from % sent.length;
    await ports.ledger.commit(batchOf({ votes: sent.slice(first, first + 20) }));
  }),
  step('looked ahead', 4, fc.constantFrom(0, 0, 50), (forMs, rig) => foresee(rig, forMs)),
  step('what was seen ahead is written', 4, fc.constant(null), (_, rig) => adopt(rig)),
  step('later', 4, fc.integer({ min: 1, max: 300 }), (minutes, rig) => pass(rig, minutes * MINUTE)),
  step(
    'window moved while it is voted at',
    4,
    fc.record({
      ...{ at: fc.nat({ max: 2 }), to: fc.constantFrom(...UNITS), isHeard: fc.boolean() },
      presses: fc.array(anyPress, { minLength: 4, maxLength: 14 }),
    }),
    async ({ at, to, isHeard, presses }, rig) => {
      for (const [index, { gap, rating }] of presses.entries()) {
        if (index === presses.length >> 1) {
          await changeTree(rig, (tx) => tx.moveWindow(WINDOWS[at] as string, to, rig.now));
          if (isHeard) await hear(rig);
        }
        await pass(rig, gap % 8_000);
        await take(rig, [pressed(rig, at, rig.now, rating)]);
      }
    },
  ),
  step(
    'window moved',
    2,
    fc.record({ id: fc.constantFrom(...WINDOWS), to: fc.constantFrom(...UNITS) }),
    ({ id, to }, rig) => changeTree(rig, (tx) => tx.moveWindow(id, to, rig.now)),
  ),
  step(
    'unit moved',
    2,
    fc.record({ id: fc.constantFrom('hall', 'north', 'south'), to: fc.constantFrom(...UNITS) }),
    ({ id, to }, rig) => changeTree(rig, (tx) => tx.moveUnit(id, to, rig.now)),
  ),
  step(
    'ruled',
    4,
    fc.record({
      place: fc.constantFrom({}, { unit: 'north' }, { unit: 'south' }, { unit: 'hall' }, { window: 'w1' }),
      ...{ day: fc.nat({ max: 3 }), settings },
    }),
    ({ place, day, settings }, rig) => rule(rig, place, rig.days[day] ?? EVER, settings),
  ),
  step(
    'in another time zone',
    3,
    fc.record({
      unit: fc.constantFrom('north', 'south', 'hall'),
      ...{ day: fc.nat({ max: 3 }), timeZone: fc.constantFrom(null, ...OTHER_ZONES) },
    }),
    ({ unit, day, timeZone }, rig) => setZone(rig, unit, rig.days[day] ?? LONG_AGO, timeZone),
  ),
  step(
    'excluded',
    1,
    fc.record({ terminal: fc.integer({ min: 1, max: 3 }), back: fc.nat({ max: 900 }), length: fc.nat(400) }),
    ({ terminal, back, length }, { ports, now }) =>
      decide(ports.review, async (tx) =>
        tx.exclude({
          ...{ id: `x${(await tx.exclusions()).length}`, terminalId: `t-${terminal}`, reason: '试' },
          ...{ from: now - back * MINUTE + 7, to: now - (back - length) * MINUTE + 9 },
          ...{ madeAt: now, madeBy: 'cli:test' },
        }),
      ),
  ),
  step('excluded no more', 1, fc.nat(), (which, { ports, now }) =>
    decide(ports.review, async (tx) => {
      const open = (await tx.exclusions()).filter(({ endedAt }) => endedAt === null);
      const one = open[which % Math.max(1, open.length)];
      return one ? tx.endExclusion(one.id, now) : null;
    }),
  ),
  step('judged', 2, fc.constant(null), (_, rig) => judge(rig)),
  step('heard', 1, fc.constant(null), (_, rig) => hear(rig)),
  step('folded', 2, fc.constant(null), (_, { ports, now }) => ports.folding.fold(now)),
);

function pressed(rig: Rig, at: number, atMs: number, rating: number): VoteRecord {
  const journalKey = rig.journals[at] as number;
  const vote = voteRecord({
    ...{ journalKey, seq: rig.sent.length + 1, at: atMs, windowKey: at + 1, receivedAt: rig.now },
    ...{ rating: rating as 0, mono: atMs - rig.now + 10 * 24 * HOUR, boot: `boot-${rig.now - atMs > HOUR}` },
  });
  rig.sent.push(vote);
  return vote;
}

async function open(home: PortsHome, zone: string, day: string): Promise<Rig> {
  const ports = await home.open();
  const journals = await plantMovingCity(ports);
  const calendar = createCalendar(zone);
  const number = calendar.dayOf(Date.parse(`${day}T12:00:00Z`));
  const days = [-1, 0, 1].map((more) => calendar.nameOf(number + more));
  const rig = { home, ports, zone, days, journals, sent: [], now: calendar.startOf(number) + 20 * MINUTE };
  const book = await openRuleBook({ rules: ports.rules, timeZone: zone });
  const live = createLiveVerdicts({
    ...{ rulesOf: book.rulesOf, judgedBy: book.groundRevision },
    now: () => opened.now,
    aheadMs: 0,
    lastVotes: [],
  });
  const opened: Rig = { ...rig, book, live, foreseen: [] };
  // So that it matters where a window stands.
  await rule(opened, { unit: 'north' }, EVER, { pressIntervalMs: 20_000 });
  await rule(opened, { unit: 'south' }, EVER, {
    pressIntervalMs: 3_000,
    burstPresses: 2,
    burstSpanMs: 20_000,
  });
  await setZone(opened, 'south', LONG_AGO, 'America/New_York');
  await hear(opened);
  return opened;
}

const shownOf = ({ counts, pressed, excluded, discounted }: SpanFigures) => ({
  ...{ counts, pressed, excluded, discounted: discounted?.reasons ?? {} },
});
const recountedOf = (sums: Sums) => ({
  counts: countedOf(sums),
  pressed: sums.pressed,
  excluded: votesIn(sums.excluded) === 0 ? null : sums.excluded,
  discounted: Object.fromEntries(
    Object.entries(sums.discounted).flatMap(([verdict, counts]) =>
      votesIn(counts) > 0 ? [[verdict, votesIn(counts)]] : [],
    ),
  ),
});

async function expectRecounted(rig: Rig): Promise<void> {
  const { home, ports, zone, days, now } = rig;
  const { zonesOf } = await openRuleBook({ rules: ports.rules, timeZone: zone });
  const history = createNodeHistory({
    ...{ store: ports.history, figures, dataRevision: () => '', zonesOf, now: () => now },
    treeThen: async () => createTreeThen(await ports.org.versions()),
  });
  const keys = new Map<string, HistoryOf>([
    ...(await ports.org.units()).map(({ id, key }) => [id, { unitKey: key }] as const),
    ...(await ports.org.windows()).map(({ id, key }) => [id, { windowKey: key }] as const),
  ]);
  const [from = '', , to = ''] = days;
  const reads = home.openRecount();
  try {
    for (const id of [...UNITS, ...WINDOWS]) {
      const kind = UNITS.includes(id) ? ('unit' as const) : ('window' as const);
      const of = keys.get(id) as HistoryOf;
      const { spans, total } = await history.read({
        node: { of, shown: { kind, id, name: id, path: [id] } },
        ...{ period: { from, to }, by: 'day', compare: [] },
      });
      const counted = async (period: string) => {
        const found = await recount(
          { place: { kind, id }, period, rules: 'now' },
          {
            reads,
            timeZone: zone,
            noticesOf: () => new Map(),
            now: () => now,
            told: () => {},
            pause: async () => {},
          },
        );
        expect(found?.differences.first, `${id}, ${period}`).toEqual([]);
        return recountedOf(found?.own as Sums);
      };
      expect(spans.map(({ name }) => name)).toEqual(days);
      for (const span of spans)
        expect(shownOf(span), `${id}, ${span.name}`).toEqual(await counted(span.name));
      if (id !== 'city') continue;
      expect(shownOf(total), 'in all').toEqual(await counted(`${from}..${to}`));
      expectAllIn(rig, total);
    }
  } finally {
    await reads.close();
  }
  for (const compare of [compareRollups, compareDiscounted, compareExcluded]) {
    const { kept, counted } = await compare(home);
    expect(kept, compare.name).toEqual(counted);
  }
}

/** Nothing that was sent is missing, and nothing is there twice. */
function expectAllIn({ sent, zone, days }: Rig, total: SpanFigures): void {
  const nameOf = new Intl.DateTimeFormat('en-CA', { timeZone: zone });
  const within = sent.filter(({ at }) => days.includes(nameOf.format(at)));
  expect(votesIn(total.pressed)).toBe(within.length);
}

describe.each(portHomes())('what is served from %s', (_name, createHome) => {
  it.each(ZONES)('in %s is what a recount says, after any mix of what can happen', async (zone, day) => {
    await fc.assert(
      fc.asyncProperty(fc.array(STEPS, { minLength: 25, maxLength: 60, size: 'max' }), async (steps) => {
        const rig = await open(await createHome(), zone, day);
        try {
          for (const one of steps) await one.run(rig);
          await hear(rig);
          while (await rig.ports.verdicts.isWaiting()) await judge(rig);
          await expectRecounted(rig);
        } finally {
          await rig.ports.close();
          await rig.home.dispose();
        }
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
  });
});
