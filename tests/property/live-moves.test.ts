/**
 * Whatever is moved while votes come, late ones too: the live figures of every unit and window are those that a recount of the stored votes
 * makes by where each window stood when it was pressed. Of every period, of all channels and of one, in every database. Promise C.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCalendar } from '../../gateway/domain/calendar.ts';
import { UNKNOWN } from '../../gateway/domain/completeness.ts';
import { buildTree, type OrgTree } from '../../gateway/domain/org.ts';
import { spanOf } from '../../gateway/domain/period.ts';
import { votesIn } from '../../gateway/domain/tally.ts';
import { type Board, createBoard } from '../../gateway/live/board.ts';
import { type ChannelRows, createChannelRows } from '../../gateway/live/channel-rows.ts';
import { readTreeThen } from '../../gateway/scores/kept-tree-then.ts';
import { openScoreKeeper, type ScoreKeeper } from '../../gateway/scores/score-keeper.ts';
import { OrgRefusal } from '../../gateway/store/failures.ts';
import type { ChannelCode, VerdictCode, VoteRecord } from '../../gateway/store/ledger.ts';
import type { OrgTx } from '../../gateway/store/org.ts';
import { CHANNELS } from '../../protocol/channel.ts';
import { PERIODS, type Scores } from '../../protocol/score.ts';
import { VERDICTS } from '../../protocol/verdict.ts';
import type { Counts } from '../../protocol/vote.ts';
import { decide } from '../support/decide.ts';
import { readExcluded } from '../support/excluded.ts';
import { figures } from '../support/figures.ts';
import { recountHistory } from '../support/history-recount.ts';
import { batchOf } from '../support/ledger-home.ts';
import { plantMovingCity, UNITS, WINDOWS } from '../support/moving-city.ts';
import { type OpenPorts, type PortsHome, portHomes } from '../support/port-homes.ts';
import { voteRecord } from '../support/store.ts';

/** A failure names its seed, which is drawn again by MANYI_SEED. More of them: MANYI_RECOUNT_RUNS=200. */
const RUNS = Number(process.env.MANYI_RECOUNT_RUNS ?? 3);
const MINUTE = 60_000;
const BY = { actor: { kind: 'cli', user: 'test' } as const, origin: 'local' };
const calendar = createCalendar('Asia/Shanghai');
/** On the third of a month, so that its week began in the month before. */
const START = Date.parse('2026-11-03T11:50:00+08:00');

type Rig = {
  home: PortsHome;
  ports: OpenPorts;
  journals: number[];
  keeper: ScoreKeeper;
  board: Board;
  channelRows: ChannelRows;
  tree: OrgTree;
  sent: VoteRecord[];
  now: number;
};

async function open(home: PortsHome): Promise<Rig> {
  const ports = await home.open();
  const journals = await plantMovingCity(ports);
  let rig: Rig | null = null;
  const now = () => rig?.now ?? START;
  const keeper = await openScoreKeeper({
    ...{ scores: ports.scores, calendar, now, treeThen: readTreeThen(ports.org) },
  });
  const { book, excludedBook, discountedBooks } = keeper;
  const planted = await readTree(ports);
  const tree = () => rig?.tree ?? planted;
  const state = {
    presence: { isOnline: () => true, lastSeenAt: () => null },
    ...{ isClockApart: () => false, completenessOf: () => UNKNOWN },
  };
  const books = { book, excludedBook, discountedBooks };
  rig = {
    ...{ home, ports, journals, sent: [], keeper, now: START, tree: planted },
    board: createBoard({ ...{ tree, figures }, ...books, ...state }),
    channelRows: createChannelRows({
      ...{ store: ports.history, calendar, tree, moves: keeper.moves },
      ...{ ...books, ...state },
    }),
  };
  return rig;
}

const readTree = async ({ org }: OpenPorts) =>
  buildTree(await org.units(), await org.windows(), await org.terminals());

/** As a gateway does. */
async function store(rig: Rig, at: number, atMs: number, more: Partial<VoteRecord>): Promise<void> {
  const vote = voteRecord({
    ...{ journalKey: rig.journals[at] as number, windowKey: at + 1, seq: rig.sent.length + 1 },
    ...{ at: atMs, receivedAt: rig.now, ...more },
  });
  rig.sent.push(vote);
  await rig.ports.ledger.commit(batchOf({ votes: [vote] }));
  const isExcluded = await readExcluded(rig.home);
  const { journalKey: source_key, windowKey: window_key } = vote;
  rig.keeper.stored({ ...vote, excluded: isExcluded({ source_key, window_key, at: atMs }) });
  rig.board.touch(WINDOWS[at] as string);
  rig.board.forget(WINDOWS[at] as string);
}

async function reload(rig: Rig): Promise<void> {
  await rig.keeper.reload();
  rig.board.forget();
}

async function move(rig: Rig, act: (tx: OrgTx) => Promise<unknown>): Promise<void> {
  await rig.ports.org
    .change(async (tx) => {
      await act(tx);
      return tx.audited({ by: BY, action: 'window.move', target: { kind: 'data' } }, undefined);
    })
    .catch((error: unknown) => {
      if (!(error instanceof OrgRefusal)) throw error;
    });
  rig.tree = await readTree(rig.ports);
  if (await rig.keeper.haveMoved()) await reload(rig);
  else rig.board.forget();
}

type Step = { name: string; run(rig: Rig): Promise<unknown> };
const step = <T>(
  name: string,
  weight: number,
  of: fc.Arbitrary<T>,
  run: (rig: Rig, given: T) => Promise<unknown>,
) => ({
  weight,
  arbitrary: of.map(
    (given): Step => ({ name: `${name} ${JSON.stringify(given)}`, run: (rig) => run(rig, given) }),
  ),
});
const STEPS = fc.oneof(
  step(
    'pressed',
    8,
    fc.record({
      ...{ at: fc.nat(2), rating: fc.constantFrom(0, 0, 1, 2), channel: fc.constantFrom(0, 0, 2) },
      verdict: fc.constantFrom(0, 0, 0, 1, 2),
      // Later than it came is what a clock says that is ahead.
      backMinutes: fc.oneof(fc.integer({ min: -8, max: 90 }), fc.integer({ min: 0, max: 5 * 24 * 60 })),
    }),
    (rig, { at, backMinutes, rating, channel, verdict }) =>
      store(rig, at, rig.now - backMinutes * MINUTE, {
        ...{ rating: rating as 0, channel: channel as ChannelCode, verdict: verdict as VerdictCode },
      }),
  ),
  step(
    'later',
    3,
    fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 60, max: 900 })),
    async (rig, minutes) => {
      rig.now += minutes * MINUTE;
    },
  ),
  step(
    'window moved',
    3,
    fc.record({ id: fc.constantFrom(...WINDOWS), to: fc.constantFrom(...UNITS) }),
    (rig, { id, to }) => move(rig, (tx) => tx.moveWindow(id, to, rig.now)),
  ),
  step(
    'unit moved',
    2,
    fc.record({ id: fc.constantFrom('hall', 'north', 'south'), to: fc.constantFrom(null, ...UNITS) }),
    (rig, { id, to }) => move(rig, (tx) => tx.moveUnit(id, to, rig.now)),
  ),
  step(
    'judged otherwise',
    2,
    fc.record({ which: fc.nat(), verdict: fc.constantFrom(0, 1, 3) }),
    async (rig, { which, verdict }) => {
      const vote = rig.sent[which % Math.max(1, rig.sent.length)];
      if (!vote) return;
      const { journalKey, seq } = vote;
      const corrections = [{ journalKey, seq, verdict: verdict as VerdictCode }];
      const { corrected } = await rig.ports.ledger.commit(batchOf({ corrections }));
      rig.keeper.corrected(corrected);
      for (const { windowKey } of corrected) {
        rig.board.touch(`w${windowKey}`);
        rig.board.forget(`w${windowKey}`);
      }
    },
  ),
  step(
    'excluded',
    1,
    fc.record({ terminal: fc.integer({ min: 1, max: 3 }), back: fc.nat(600) }),
    async (rig, { terminal, back }) => {
      await decide(rig.ports.review, async (tx) =>
        tx.exclude({
          ...{ id: `x${(await tx.exclusions()).length}`, terminalId: `t-${terminal}`, reason: '试' },
          ...{ from: rig.now - back * MINUTE + 7, to: rig.now - back * MINUTE + 200 * MINUTE },
          ...{ madeAt: rig.now, madeBy: 'cli:test' },
        }),
      );
      await reload(rig);
    },
  ),
  step('begun anew', 1, fc.constant(null), (rig) => reload(rig)),
  step('asked', 1, fc.constantFrom(...PERIODS), async (rig, period) => rig.board.rows(period, rig.now)),
);

type Told = Record<string, string | number>;
const textOf = ({ satisfied, basically, unsatisfied }: Counts) =>
  [satisfied, basically, unsatisfied].join('/');
type Row = {
  id: string;
  counts: Counts;
  excluded: Counts | null;
  discounted: Scores['rows'][0]['discounted'];
};
const toldOf = ({ counts, excluded, discounted }: Row): Told => ({
  counts: textOf(counts),
  ...(excluded && { excluded: textOf(excluded) }),
  ...discounted?.reasons,
});

/** @param lines as `recountHistory` has them */
function countedOf(lines: readonly string[], only: number | null): Told {
  const sums = new Map<string, number[]>([['counts', [0, 0, 0]]]);
  for (const line of lines) {
    const [, channel, verdict, excluded, text = ''] =
      /^channel (\d+), verdict (\d+)(, excluded)?: (.*)$/.exec(line) ?? [];
    if (only !== null && Number(channel) !== only) continue;
    const name = excluded ? 'excluded' : verdict === '0' ? 'counts' : (VERDICTS[Number(verdict)] as string);
    const more = text.split('/').map(Number);
    sums.set(
      name,
      (sums.get(name) ?? [0, 0, 0]).map((votes, rating) => votes + (more[rating] as number)),
    );
  }
  return Object.fromEntries(
    Array.from(sums, ([name, counts]) => [
      name,
      name === 'counts' || name === 'excluded' ? counts.join('/') : counts.reduce((a, b) => a + b, 0),
    ]),
  );
}

async function expectRecounted(rig: Rig): Promise<void> {
  const { board, channelRows, tree, now } = rig;
  const recount = await recountHistory(rig.home);
  const nodes = [
    ...tree.units.map(({ id, key }) => ({ id, of: { unitKey: key } })),
    ...tree.windows.map(({ id, key }) => ({ id, of: { windowKey: key } })),
  ];
  for (const period of PERIODS) {
    const { from, to } = spanOf(period, now, calendar);
    const byVotes = (only: number | null) =>
      nodes.map(({ id, of }) => [id, countedOf(recount(of, [from, to])[0] as string[], only)]);
    const { units, windows } = board.rows(period, now);
    expect(
      [...units, ...windows].map((row) => [row.id, toldOf(row)]),
      period,
    ).toEqual(byVotes(null));
    if (period === 'today') expect(tree.units.map((unit) => board.unitRow(unit, now))).toEqual(units);
    if (period === '60m') continue;
    for (const code of [0, 2]) {
      const read = channelRows.of({ channel: CHANNELS[code] as 'button', period, now, rules: figures() });
      const { rows } = JSON.parse(
        String((await read()).json({ tree, period }, now, '{"rows":', '}')),
      ) as Scores;
      expect(
        rows.map((row) => [row.id, toldOf(row)]),
        `${period} by ${CHANNELS[code]}`,
      ).toEqual(byVotes(code));
    }
  }
}

describe.each(portHomes())('live figures over %s', (_name, createHome) => {
  it('of units and windows are what a recount says, whatever is moved', async () => {
    let moved = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(STEPS, { minLength: 30, maxLength: 60, size: 'max' }), async (steps) => {
        const rig = await open(await createHome());
        try {
          for (const one of steps) await one.run(rig);
          await expectRecounted(rig);
          const sums = rig.board.rows('month', rig.now).units.map(({ counts }) => votesIn(counts));
          if (rig.keeper.moves().eras.size > 0 && Math.max(...sums) > 0) moved += 1;
        } finally {
          await rig.ports.close();
          await rig.home.dispose();
        }
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
    expect(moved).toBeGreaterThan(0);
  });
});
