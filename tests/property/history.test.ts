/** Whatever is stored, changed, moved and folded, in whatever order and beside each other: sums over long spans are what the votes say. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VOTE_DECISIONS } from '../../gateway/domain/review-steps.ts';
import { createReviews } from '../../gateway/review/reviews.ts';
import type { VoteRecord } from '../../gateway/store/ledger.ts';
import { decide } from '../support/decide.ts';
import { expectHistoryRecounted } from '../support/history-recount.ts';
import { batchOf } from '../support/ledger-home.ts';
import { compareDiscounted, compareExcluded, compareRollups } from '../support/ledger-recount.ts';
import { type OpenPorts, type PortsHome, portHomes } from '../support/port-homes.ts';
import { voteRecord } from '../support/store.ts';
import { plant } from '../support/tree.ts';

const QUARTER = 15 * 60_000;
const DAY = 96 * QUARTER;
const START = 20_000 * DAY;
const QUARTERS = 60;
const JOURNALS = 4;
/** Local days of Shanghai, Kathmandu, New York, Lord Howe and Chatham begin so many quarters of an hour after UTC's. */
const ZONES = [-32, -23, 20, -42, -51];
/** More of them, for longer: MANYI_HISTORY_RUNS=100. A failure names its seed. */
const RUNS = Number(process.env.MANYI_HISTORY_RUNS ?? 4);

type Rig = { home: PortsHome; gateways: OpenPorts[]; journals: number[]; sent: VoteRecord[] };
type Step = { name: string; run(rig: Rig): Promise<unknown> };

const quarter = fc.nat({ max: QUARTERS - 1 });
const gateway = fc.nat({ max: 1 });
const press = fc.record({
  journal: fc.nat({ max: JOURNALS - 1 }),
  quarter,
  ms: fc.nat({ max: QUARTER - 1 }),
  rating: fc.nat({ max: 2 }),
  windowKey: fc.integer({ min: 1, max: 4 }),
  verdict: fc.constantFrom(0, 0, 0, 1, 3),
});
const by = (user: string) => ({ actor: { kind: 'cli', user } as const, origin: 'local' });
const at = (rig: Rig, number: number) => rig.gateways[number % rig.gateways.length] as OpenPorts;

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

const STEPS = fc.oneof(
  step(
    'votes',
    5,
    fc.record({ presses: fc.array(press, { minLength: 1, maxLength: 40 }), gateway }),
    async ({ presses, gateway }, rig) => {
      const votes = presses.map(({ journal, quarter, ms, rating, windowKey, verdict }) => {
        const vote = voteRecord({
          journalKey: rig.journals[journal] as number,
          ...{ seq: rig.sent.length + 1, at: START + quarter * QUARTER + ms, windowKey },
          rating: rating as 0,
          ...(verdict !== 0 && { verdict: verdict as 1 }),
        });
        rig.sent.push(vote);
        return vote;
      });
      await at(rig, gateway).ledger.commit(batchOf({ votes }));
    },
  ),
  step('again', 1, fc.record({ from: fc.nat(), gateway }), async ({ from, gateway }, rig) => {
    const first = rig.sent.length === 0 ? 0 : from % rig.sent.length;
    await at(rig, gateway).ledger.commit(batchOf({ votes: rig.sent.slice(first, first + 20) }));
  }),
  step(
    'corrected',
    2,
    fc.record({ which: fc.array(fc.nat(), { maxLength: 10 }), verdict: fc.nat({ max: 4 }), gateway }),
    async ({ which, verdict, gateway }, rig) => {
      const corrections = which.flatMap((number) => {
        const vote = rig.sent[number % Math.max(1, rig.sent.length)];
        return vote ? [{ journalKey: vote.journalKey, seq: vote.seq, verdict: verdict as 0 }] : [];
      });
      await at(rig, gateway).ledger.commit(batchOf({ corrections }));
    },
  ),
  step(
    'excluded',
    1,
    fc.record({ terminal: fc.integer({ min: 1, max: 2 }), quarter, length: fc.nat({ max: 20 }), gateway }),
    ({ terminal, quarter, length, gateway }, rig) =>
      decide(at(rig, gateway).review, async (tx) =>
        tx.exclude({
          ...{ id: `x${(await tx.exclusions()).length}`, terminalId: `t-${terminal}`, reason: '试' },
          ...{ from: START + quarter * QUARTER + 7, to: START + (quarter + length) * QUARTER + 9 },
          ...{ madeAt: START, madeBy: 'cli:test' },
        }),
      ),
  ),
  step('excluded no more', 1, gateway, (gateway, rig) =>
    decide(at(rig, gateway).review, async (tx) => {
      const open = (await tx.exclusions()).find(({ endedAt }) => endedAt === null);
      return open ? tx.endExclusion(open.id, START) : null;
    }),
  ),
  step(
    'redated',
    1,
    fc.record({ quarter, by: fc.integer({ min: -9, max: 9 }), gateway }),
    ({ quarter, by, gateway }, rig) =>
      decide(at(rig, gateway).review, (tx) =>
        tx.redate(
          't-1',
          { from: START + quarter * QUARTER, to: START + (quarter + 6) * QUARTER },
          by === 0 ? 'claimed' : by * 400_000,
        ),
      ),
  ),
  step(
    'judged',
    1,
    fc.record({ windowKey: fc.integer({ min: 1, max: 4 }), quarter, gateway }),
    async ({ windowKey, quarter, gateway }, rig) => {
      const ports = at(rig, gateway);
      const span = { from: START + quarter * QUARTER, to: START + (quarter + 9) * QUARTER };
      await ports.ledger.commit(batchOf({ unjudged: [{ windowKey, ...span }] }));
      const { revision } = await ports.rules.ground();
      await ports.verdicts.judge({
        revision: () => revision,
        reachOf: (_key, of) => ({ affected: of, needed: of }),
        verdictsOf: (_key, votes) => votes.map(({ seq }) => (seq % 3) as 0),
      });
    },
  ),
  step(
    'decided by two people',
    3,
    fc.record({
      ...{ which: fc.nat(), quarters: fc.nat({ max: QUARTERS }), gateway },
      decision: fc.constantFrom(...VOTE_DECISIONS),
    }),
    async ({ which, quarters, gateway, decision }, rig) => {
      const vote = rig.sent[which % Math.max(1, rig.sent.length)];
      if (!vote) return;
      const reviews = createReviews({ store: at(rig, gateway).reviews, now: () => START });
      const { windowKey } = vote;
      const span = { from: vote.at - quarters * QUARTER, to: vote.at + quarters * QUARTER };
      try {
        const { id } = await reviews.raise(by('li'), { windowKey, ...span, decision, reason: '提议' });
        await reviews.step(by('wang'), id, 'confirm', '属实');
      } catch (error) {
        expect(error).toMatchObject({ code: 'review-empty' });
      }
    },
  ),
  step('decided no more', 1, fc.record({ which: fc.nat(), gateway }), async ({ which, gateway }, rig) => {
    const reviews = createReviews({ store: at(rig, gateway).reviews, now: () => START });
    const confirmed = await reviews.list({ states: ['confirmed'] }, 100);
    const one = confirmed[which % Math.max(1, confirmed.length)];
    try {
      if (one) await reviews.step(by('li'), one.id, 'reopen', '弄错了');
    } catch (error) {
      // Another one of this turn was faster.
      expect(error).toMatchObject({ code: 'review-step-impossible' });
    }
  }),
  step(
    'moved',
    2,
    fc.record({
      windowKey: fc.integer({ min: 1, max: 4 }),
      unitKey: fc.integer({ min: 1, max: 4 }),
      quarter,
    }),
    async ({ windowKey, unitKey, quarter }, { home }) => {
      // A change of the tree holds from the quarter of an hour on that it is made in, which is not folded yet.
      const [state] = await home.rows<{ until: number }>('SELECT folded_until AS until FROM history_state');
      const from = Math.max(START + quarter * QUARTER, (state?.until ?? 0) * QUARTER);
      await home.rows(
        `INSERT INTO org_versions (kind, key, parent_key, name, from_at) VALUES ('window', ${windowKey}, ${unitKey}, '', ${from})
         ON CONFLICT (kind, key, from_at) DO UPDATE SET parent_key = excluded.parent_key`,
      );
      await home.rows('UPDATE noted SET version = version + 1');
    },
  ),
  step(
    'folded',
    5,
    fc.record({ quarter: fc.nat({ max: QUARTERS + 40 }), steps: fc.integer({ min: 1, max: 4 }), gateway }),
    async ({ quarter, steps, gateway }, rig) => {
      for (let one = 0; one < steps; one++) await at(rig, gateway).folding.fold(START + quarter * QUARTER);
    },
  ),
);

async function open(home: PortsHome, gateways: number): Promise<Rig> {
  const opened = [await home.open()];
  const [first] = opened as [OpenPorts];
  // city: w1; north and south below it: w2, w3; elsewhere: w4
  await plant(first, {
    units: [
      { id: 'city', name: '市' },
      ...['north', 'south'].map((id) => ({ id, parentId: 'city', name: id })),
      { id: 'other', name: '别处' },
    ],
    windows: ['city', 'north', 'south', 'other'].map((unitId, at) => ({
      id: `w${at + 1}`,
      unitId,
      name: 'w',
    })),
    terminals: ['w1', 'w2'].map((windowId, at) => ({ id: `t-${at + 1}`, windowId })),
  });
  while (opened.length < gateways) opened.push(await home.open());
  const journals: number[] = [];
  for (let at = 0; at < JOURNALS; at++)
    journals.push((await first.ledger.openJournal((at % 2) + 1, String(at).padStart(32, 'a'))).key);
  return { home, gateways: opened, journals, sent: [] };
}

/** By the days of some zones, and by bounds that cut blocks. */
async function expectAllRecounted({ home, gateways }: Rig, zones: readonly number[], when: string) {
  const { history } = gateways[0] as OpenPorts;
  for (const zone of zones) {
    const days = [-1, 0, 1, 2].map((day) => START + day * DAY + zone * QUARTER);
    await expectHistoryRecounted(home, history, days, `days from ${zone}, ${when}`);
  }
  const odd = [0, 5, 16, 17, 40, QUARTERS + 20].map((at) => START + at * QUARTER);
  await expectHistoryRecounted(home, history, odd, when);
  for (const compare of [compareRollups, compareDiscounted, compareExcluded]) {
    const { kept, counted } = await compare(home);
    expect(kept, compare.name).toEqual(counted);
  }
}

describe.each(portHomes())('history in %s', (name, createHome) => {
  it('is the recount after any mix, at any moment, two gateways beside each other', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(STEPS, { minLength: 1, maxLength: 3 }), {
          minLength: 4,
          maxLength: 12,
          size: 'max',
        }),
        async (turns) => {
          const rig = await open(await createHome(), name === 'SQLite' ? 1 : 2);
          try {
            for (const [turn, steps] of turns.entries()) {
              // Those of a turn are under way at once.
              await Promise.all(steps.map((one) => one.run(rig)));
              if (turn % 3 === 2) await expectAllRecounted(rig, [], steps.map((one) => one.name).join('; '));
            }
            const last = rig.gateways.at(-1) as OpenPorts;
            const after = START + 2 * DAY;
            while (await last.folding.isDue(after)) await last.folding.fold(after);
            await expectAllRecounted(rig, ZONES, 'in the end');
            expect(await rig.home.rows('SELECT 1 FROM history_late')).toEqual([]);
            const check = rig.home.openCheck();
            expect((await check.check(() => {})).numbers, 'what is decided').toEqual([]);
            await check.close();
          } finally {
            for (const ports of rig.gateways) await ports.close();
            await rig.home.dispose();
          }
        },
      ),
      { numRuns: name === 'SQLite' ? 2 * RUNS : RUNS, endOnFailure: true },
    );
  });
});
