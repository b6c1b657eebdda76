/** Votes whose verdict only what is stored can tell, in every database. After each test everything kept beside the votes is what they say. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildTree } from '../../gateway/domain/org.ts';
import type { Unjudged, VerdictCode, VoteRecord } from '../../gateway/store/ledger.ts';
import type { Foreseen, Judged, Judging, PressSpan } from '../../gateway/store/verdicts.ts';
import { createLiveVerdicts } from '../../gateway/verdicts/live-verdicts.ts';
import { openRuleBook } from '../../gateway/verdicts/rule-book.ts';
import { createRuleChanges } from '../../gateway/verdicts/rule-changes.ts';
import { judgeStored } from '../../gateway/verdicts/stored-verdicts.ts';
import { type PortsHome, portHomes } from '../support/port-homes.ts';
import { BASE, createReviewRig, type ReviewRig } from '../support/review-rig.ts';
import { voteRecord } from '../support/store.ts';

const HOUR = 3_600_000;
const SLACK = 1_000;

describe.each(portHomes())('verdicts of what is stored in %s', (_name, createHome) => {
  let home: PortsHome;
  let rig: ReviewRig;
  beforeEach(async () => {
    home = await createHome();
    rig = await createReviewRig(home);
  });
  afterEach(() => rig.end());

  const vote = (seq: number, at: number, more: Partial<VoteRecord> = {}) =>
    voteRecord({ journalKey: rig.source, seq, at, ...more });
  /** A rule of this test: the unsatisfied are a burst where somebody pressed less than a second before. */
  const revision = async () => (await rig.ports.rules.ground()).revision;
  const judging = (known: number) => {
    const asked: { windowKey: number; needed: PressSpan; seqs: number[] }[] = [];
    let needed: PressSpan = { from: 0, to: 0 };
    const by: Judging = {
      revision: () => known,
      reachOf(_windowKey, { from, to }) {
        needed = { from: from - 2 * SLACK, to: to + 2 * SLACK };
        return { affected: { from: from - SLACK, to: to + SLACK }, needed };
      },
      verdictsOf(windowKey, votes) {
        asked.push({ windowKey, needed, seqs: votes.map(({ seq }) => seq) });
        return votes.map(({ rating, at }, index): VerdictCode => {
          const before = votes[index - 1];
          return rating === 2 && before !== undefined && at - before.at < SLACK ? 3 : 0;
        });
      },
    };
    return { by, asked };
  };
  const judgeAll = async () => {
    const { by, asked } = judging(await revision());
    const corrected: number[][] = [];
    while (await rig.ports.verdicts.isWaiting()) {
      const judged = await rig.ports.verdicts.judge(by);
      for (const { at, from, to } of judged.corrected) corrected.push([at - BASE, from, to]);
    }
    return { asked, corrected };
  };
  const addRules = () =>
    rig.ports.rules.change(async (tx) => {
      await tx.add({
        ...{ nodeId: 'all', version: 1, validFrom: '2026-01-01', validTo: null, settings: {} },
        ...{ reason: '试', madeAt: BASE, madeBy: 'cli:test' },
      });
      const gateway = { actor: { kind: 'gateway' } as const, origin: 'local' };
      return tx.audited({ by: gateway, action: 'rules.add', target: { kind: 'rules' } }, undefined);
    });
  const verdicts = async () =>
    (await home.rows<{ seq: number; verdict: number }>('SELECT seq, verdict FROM votes ORDER BY seq')).map(
      ({ seq, verdict }) => [seq, verdict],
    );

  it('are found of the window and its neighbourhood, and told once', async () => {
    expect(await rig.ports.verdicts.isWaiting()).toBe(false);
    await rig.commit({
      votes: [
        vote(1, BASE - 5 * SLACK, { rating: 2 }),
        vote(2, BASE - 100, { rating: 0 }),
        vote(3, BASE, { rating: 2 }),
        vote(4, BASE + 100, { rating: 2, windowKey: 2 }),
        vote(5, BASE + 2 * HOUR, { rating: 0, verdict: 1 }),
      ],
      unjudged: [
        { windowKey: 1, from: BASE, to: BASE },
        { windowKey: 1, from: BASE + 2 * HOUR, to: BASE + 2 * HOUR },
      ],
    });
    const { asked, corrected } = await judgeAll();
    expect(corrected).toEqual([
      [0, 0, 3],
      [2 * HOUR, 1, 0],
    ]);
    expect(asked.map(({ windowKey, seqs }) => [windowKey, seqs])).toEqual([
      [1, [2, 3]],
      [1, [5]],
    ]);
    expect(await verdicts()).toEqual([
      [1, 0],
      [2, 0],
      [3, 3],
      [4, 0],
      [5, 0],
    ]);
    await rig.commit({ unjudged: [{ windowKey: 1, from: BASE, to: BASE }] });
    expect((await judgeAll()).corrected).toEqual([]);
  });

  it('are found of a long span in parts, which together are the whole, and of years without votes at once', async () => {
    const every = 20 * 60_000;
    const votes = Array.from({ length: 5_000 }, (_, index) =>
      vote(index + 1, BASE + Math.floor(index / 100) * every + (index % 100), {
        rating: index % 2 === 0 ? 0 : 2,
      }),
    );
    await rig.commit({ votes });
    await rig.commit({
      unjudged: [
        { windowKey: 1, from: 0, to: BASE + 30 * 365 * 24 * HOUR },
        { windowKey: 2, from: 0, to: BASE + 30 * 365 * 24 * HOUR },
      ],
    });
    const { asked, corrected } = await judgeAll();
    expect(asked.map(({ seqs }) => seqs.length)).toEqual([4_000, 1_000]);
    expect(corrected.length).toBe(2_500);
    expect((await verdicts()).filter(([, verdict]) => verdict === 3)).toHaveLength(2_500);
  });

  it('are found among the votes of other windows and times that lie between them in their journal', async () => {
    const far = Array.from({ length: 400 }, (_, index) =>
      index % 2 === 0
        ? vote(index + 3, BASE + 50, { windowKey: 2 })
        : vote(index + 3, BASE - (3 + index) * HOUR, { rating: 1 }),
    );
    const votes = [
      vote(1, BASE - 50, { rating: 0 }),
      vote(2, BASE + HOUR, { rating: 0 }),
      ...far,
      vote(500, BASE, { rating: 2 }),
      vote(501, BASE + HOUR + 50, { rating: 2 }),
    ];
    await rig.commit({ votes, unjudged: [{ windowKey: 1, from: BASE, to: BASE + HOUR }] });
    const { asked, corrected } = await judgeAll();
    expect(asked.map(({ seqs }) => seqs)).toEqual([[1, 500, 2, 501]]);
    expect(corrected).toEqual([
      [0, 0, 3],
      [HOUR + 50, 0, 3],
    ]);
  });

  it('are found of what a gateway stores by rules that hold no more, whenever it hears of those that do', async () => {
    const open = () => openRuleBook({ rules: rig.ports.rules, timeZone: 'Asia/Shanghai' });
    const book = await open();
    const live = createLiveVerdicts({
      ...{ rulesOf: book.rulesOf, judgedBy: book.groundRevision },
      ...{ now: () => BASE, aheadMs: 0, lastVotes: [] },
    });
    const take = (seq: number, at: number) => {
      const one = vote(seq, at);
      const unjudged: Unjudged[] = [];
      live.judge(one, 1, { correct() {}, leave: (span) => void unjudged.push(span) });
      const judgedBy = live.judgedBy() as number;
      return rig.commit({ votes: [one], unjudged, judgedBy });
    };
    const judge = async () => {
      const by = judgeStored(await open(), { now: () => BASE, aheadMs: 0 });
      while (await rig.ports.verdicts.isWaiting()) await rig.ports.verdicts.judge(by);
    };
    await take(1, BASE);
    expect(await rig.ports.verdicts.isWaiting()).toBe(false);
    const changes = createRuleChanges({
      ...{ store: rig.ports.rules, publications: rig.ports.publications, now: () => BASE },
      timeZone: 'Asia/Shanghai',
      tree: async () =>
        buildTree(
          await rig.ports.org.units(),
          await rig.ports.org.windows(),
          await rig.ports.org.terminals(),
        ),
    });
    await changes.add(
      { actor: { kind: 'cli', user: 'li' }, origin: 'local' },
      {
        ...{ validFrom: '2020-01-01', validTo: null, settings: { pressIntervalMs: 5_000 } },
        ...{ replays: true, reason: '重新认定' },
      },
    );
    // The replay passes, and only then the gateway stores what it has judged by what it knows.
    await judge();
    await take(2, BASE + SLACK);
    await rig.ports.origins.commitOrigin(
      await rig.ports.origins.openOrigin({ name: 'hall-system', unitId: null }),
      [{ channel: 4, windowKey: 2, rating: 0, at: BASE, receivedAt: BASE, key: 'a' }],
      book.groundRevision(),
    );
    expect(await home.rows('SELECT window_key, from_at, to_at FROM unjudged ORDER BY window_key')).toEqual([
      { window_key: 1, from_at: BASE + SLACK, to_at: BASE + SLACK },
      { window_key: 2, from_at: BASE, to_at: BASE },
    ]);
    await judge();
    expect((await verdicts()).filter(([, verdict]) => verdict !== 0)).toEqual([[2, 1]]);
    // What was there already is none of its storing, and what is judged by what holds waits for nobody.
    await take(2, BASE + SLACK);
    await book.reload(BASE);
    live.forget();
    await take(3, BASE + HOUR);
    expect(await home.rows('SELECT window_key, from_at FROM unjudged')).toEqual([]);
  });

  it('are not found by rules that somebody has added to meanwhile', async () => {
    await rig.commit({
      votes: [vote(1, BASE, { rating: 0 }), vote(2, BASE + 50, { rating: 2 })],
      unjudged: [{ windowKey: 1, from: BASE, to: BASE + 50 }],
    });
    const { by } = judging(await revision());
    await addRules();
    expect(await rig.ports.verdicts.judge(by)).toMatchObject({ isStale: true, corrected: [] });
    expect(await rig.ports.verdicts.isWaiting()).toBe(true);
    expect((await judgeAll()).corrected).toEqual([[50, 0, 3]]);
  });

  it('wait for what people set to another time, release and bring in', async () => {
    await rig.commit({
      votes: [vote(1, BASE, { rating: 0 }), vote(2, BASE + 50, { rating: 2, verdict: 3 })],
      quarantine: [rig.aside(3), rig.aside(4)],
    });
    await rig.act((tx) => tx.redate('t-1', { from: BASE + 50, to: BASE + 51 }, 10 * SLACK));
    expect((await judgeAll()).corrected).toEqual([[50 + 10 * SLACK, 3, 0]]);
    await rig.act((tx) => tx.redate('t-1', { from: BASE, to: BASE + HOUR }, 'claimed'));
    expect((await judgeAll()).corrected).toEqual([[50, 0, 3]]);
    await rig.act((tx) =>
      tx.release({}, BASE, ({ seq }) => ({
        ...{ rating: 2, at: BASE + 100 + seq, clock: 0, mono: seq, boot: 'b', channel: 0 },
        ...{ claimedAt: null, windowKey: null },
      })),
    );
    expect((await judgeAll()).corrected).toEqual([
      [103, 0, 3],
      [104, 0, 3],
    ]);
    const imported = { terminalKey: 1, epoch: 'cd'.repeat(16), last: 1, totals: null };
    const { journalKey: _, ...carried } = vote(1, BASE + 200, { rating: 2 });
    await rig.ports.review.storeImported(imported, [carried], false);
    expect((await judgeAll()).corrected).toEqual([[200, 0, 3]]);
  });

  it('of what people have excluded are found too, and counted when that ends', async () => {
    await rig.act((tx) =>
      tx.exclude({
        ...{ id: 'e-1', terminalId: 't-1', from: BASE, to: BASE + HOUR },
        ...{ reason: '试机', madeAt: BASE, madeBy: 'cli:test' },
      }),
    );
    await rig.commit({
      votes: [vote(1, BASE, { rating: 0 }), vote(2, BASE + 50, { rating: 2 })],
      unjudged: [{ windowKey: 1, from: BASE, to: BASE + 50 }],
    });
    const { by } = judging(await revision());
    expect((await rig.ports.verdicts.judge(by)).corrected).toEqual([
      { windowKey: 1, rating: 2, at: BASE + 50, from: 0, to: 3, excluded: true },
    ]);
    expect(await home.rows('SELECT 1 FROM discounted')).toHaveLength(0);
    await rig.act((tx) => tx.endExclusion('e-1', BASE));
    expect(await home.rows('SELECT verdict, unsatisfied FROM discounted')).toEqual([
      { verdict: 3, unsatisfied: 1 },
    ]);
  });

  describe('of long spans', () => {
    const DAY = 24 * HOUR;
    const BEFORE = BASE + 10 * DAY;
    const HOW = { before: BEFORE, forMs: 0 };
    /** Of each window, in two parts; every second of the windows' votes is a burst. */
    const fill = async () => {
      const of = (windowKey: number, first: number) =>
        Array.from({ length: 5_000 }, (_, index) =>
          vote(first + index, BASE + Math.floor(index / 50) * 20 * 60_000 + (index % 50), {
            ...{ windowKey, rating: index % 2 === 0 ? 0 : 2 },
          }),
        );
      await rig.commit({ votes: [...of(1, 1), ...of(2, 10_001)] });
      await rig.commit({
        unjudged: [1, 2].map((windowKey) => ({ windowKey, from: BASE - DAY, to: BEFORE + DAY })),
      });
    };
    const bursts = async () =>
      (await home.rows<{ n: number }>('SELECT count(*) AS n FROM votes WHERE verdict = 3'))[0]?.n;
    const look = async (pending: readonly Foreseen[] = []) => {
      const { by } = judging(await revision());
      return (await rig.ports.verdicts.foresee(by, pending, HOW)) as Foreseen;
    };

    it('are found ahead by who only reads, one part after another, and are written by who was told', async () => {
      await fill();
      expect(await rig.ports.verdicts.waiting(BEFORE)).toEqual({ now: false, ahead: true });
      const found: Foreseen[] = [];
      for (let next = await look(); next.spans.length > 0; next = await look(found)) found.push(next);
      expect(Number(await bursts())).toBe(0);
      expect(found.reduce((sum, { votes }) => sum + votes, 0)).toBe(10_000);
      expect(found.length).toBeGreaterThan(3);
      let corrected = 0;
      for (const one of found) {
        const adopted = (await rig.ports.verdicts.adopt(one)) as Judged;
        expect(adopted.waiting).toBe(2);
        corrected += adopted.corrected.length;
      }
      expect([corrected, Number(await bursts())]).toEqual([5_000, 5_000]);
      // What is left is near that moment, and is no longer theirs.
      expect(await rig.ports.verdicts.waiting(BEFORE)).toEqual({ now: true, ahead: false });
      expect((await judgeAll()).corrected).toEqual([]);
      expect(await rig.ports.verdicts.waiting(BEFORE)).toEqual({ now: false, ahead: false });
    });

    it('are left to who looks ahead, while what comes late is judged at once', async () => {
      await fill();
      await rig.commit({
        votes: [
          vote(30_000, BASE + 30 * DAY, { rating: 0 }),
          vote(30_001, BASE + 30 * DAY + 50, { rating: 2 }),
        ],
        unjudged: [{ windowKey: 1, from: BASE + 30 * DAY, to: BASE + 30 * DAY + 50 }],
      });
      expect(await rig.ports.verdicts.waiting(BEFORE)).toEqual({ now: true, ahead: true });
      const { by } = judging(await revision());
      const { corrected, waiting } = await rig.ports.verdicts.judge(by, { leaves: BEFORE });
      expect(corrected.map(({ at }) => at - BASE)).toEqual([30 * DAY + 50]);
      expect(waiting).toBe(2);
      expect(await rig.ports.verdicts.waiting(BEFORE)).toEqual({ now: false, ahead: true });
    });

    it.each<[string, () => Promise<unknown>]>([
      ['a vote that came', () => rig.commit({ votes: [vote(40_000, BASE + 70, { rating: 1 })] })],
      ['what two people decided', () => rig.act((tx) => tx.redate('t-1', { from: BASE, to: BASE + 1 }, 5))],
      [
        'what somebody else has judged meanwhile',
        async () => rig.ports.verdicts.judge(judging(await revision()).by, { forMs: 0 }),
      ],
      [
        'a vote that counts for something else',
        () => rig.commit({ corrections: [{ journalKey: rig.source, seq: 2, verdict: 2 }] }),
      ],
      ['other rules', addRules],
    ])('are not written where %s makes them another', async (_name, happens) => {
      await fill();
      const foreseen = await look();
      await happens();
      const before = await verdicts();
      expect(await rig.ports.verdicts.adopt(foreseen)).toBe(null);
      expect(await verdicts()).toEqual(before);
    });

    it('are found of many windows one look after another, also where all that is read in one is on its way', async () => {
      await rig.commit({ votes: [vote(1, BASE, { rating: 1 })] });
      await rig.commit({
        unjudged: Array.from({ length: 200 }, (_, index) => ({ windowKey: index + 1, from: 0, to: BASE })),
      });
      const { by } = judging(await revision());
      const found: Foreseen[] = [];
      for (let next: Foreseen; ; found.push(next)) {
        next = (await rig.ports.verdicts.foresee(by, found, { before: BEFORE, forMs: 5_000 })) as Foreseen;
        if (next.spans.length === 0) break;
      }
      const keys = found.flatMap(({ spans }) => spans.map(({ key }) => key));
      expect([keys.length, new Set(keys).size, found.flatMap(({ seen }) => seen).length]).toEqual([
        200, 200, 1,
      ]);
      for (const one of found) expect(await rig.ports.verdicts.adopt(one)).not.toBe(null);
      expect(await rig.ports.verdicts.isWaiting()).toBe(false);
    });

    it('are not looked for by rules that hold no more', async () => {
      await fill();
      const { by } = judging((await revision()) - 1);
      expect(await rig.ports.verdicts.foresee(by, [], HOW)).toBe(null);
    });
  });
});
