/** Votes that are no terminal's, in every database: by their key stored once, and counted as every other. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildTree } from '../../gateway/domain/org.ts';
import { createReview } from '../../gateway/review/review.ts';
import type { OriginVote } from '../../gateway/store/origins.ts';
import type { Excluded } from '../../gateway/store/review.ts';
import type { VoteIdentity } from '../../gateway/store/verdicts.ts';
import { openRuleBook } from '../../gateway/verdicts/rule-book.ts';
import { judgeStored } from '../../gateway/verdicts/stored-verdicts.ts';
import { createVoteExplanations } from '../../gateway/verdicts/vote-explanation.ts';
import { expectHistoryRecounted } from '../support/history-recount.ts';
import { type PortsHome, portHomes } from '../support/port-homes.ts';
import { BASE, createReviewRig, QUARTER, type ReviewRig } from '../support/review-rig.ts';
import { exported } from '../support/store.ts';

const BOUNDS = [BASE - QUARTER, BASE + QUARTER, BASE + 4 * QUARTER];
const SMS = 2;
const WEB = 5;
const IMPUTED = 7;

describe.each(portHomes())('votes of an origin in %s', (_name, createHome) => {
  let home: PortsHome;
  let rig: ReviewRig;
  beforeEach(async () => {
    home = await createHome();
    rig = await createReviewRig(home);
  });
  afterEach(() => rig.end());

  const vote = (key: string, more: Partial<OriginVote> = {}): OriginVote => ({
    ...{ key, channel: SMS, windowKey: 1, rating: 0, at: BASE + 1, receivedAt: BASE + 60_000 },
    ...more,
  });
  const commit = async (origin: number, votes: readonly OriginVote[]) =>
    rig.ports.origins.commitOrigin(origin, votes);

  it('are one origin by name and unit, and another by another', async () => {
    const { openOrigin } = rig.ports.origins;
    const keys = await Promise.all([
      openOrigin({ name: '短信', unitId: null }),
      openOrigin({ name: '短信', unitId: null }),
      openOrigin({ name: '短信', unitId: 'town' }),
      openOrigin({ name: '网站', unitId: null }),
    ]);
    expect(keys[0]).toBe(keys[1]);
    expect(new Set(keys).size).toBe(3);
    expect(keys.every((key) => key < 0)).toBe(true);
    expect(await openOrigin({ name: '网站', unitId: null })).toBe(keys[3]);
  });

  it('are stored once by their key, and another body under it is told and not stored', async () => {
    const sms = await rig.ports.origins.openOrigin({ name: '短信', unitId: null });
    const other = await rig.ports.origins.openOrigin({ name: '网站', unitId: null });
    const first = await commit(sms, [vote('a'), vote('b', { rating: 2 }), vote('a')]);
    expect(first.outcomes).toEqual(['stored', 'stored', 'duplicate']);
    expect(first.stored.map(({ journalKey, seq, rating }) => [journalKey, seq, rating])).toEqual([
      [sms, 1, 0],
      [sms, 2, 2],
    ]);
    const again = await commit(sms, [vote('b', { rating: 2 }), vote('a', { rating: 1 }), vote('c')]);
    expect(again.outcomes).toEqual(['duplicate', 'conflict', 'stored']);
    expect(again.stored.map(({ seq }) => seq)).toEqual([3]);
    // Another's key is another vote.
    expect((await commit(other, [vote('a', { channel: WEB })])).outcomes).toEqual(['stored']);
    expect((await commit(sms, [vote('a'), vote('c')])).stored).toEqual([]);
    expect(await home.rows('SELECT 1 FROM votes')).toHaveLength(4);
    const check = home.openCheck();
    expect(await check.check(() => {})).toMatchObject({ votes: 4, numbers: [], rollups: { differing: 0 } });
    await check.close();
  });

  it('are stored once, however many give the same at once', async () => {
    const sms = await rig.ports.origins.openOrigin({ name: '短信', unitId: null });
    const other = await home.open();
    const keys = Array.from({ length: 40 }, (_, index) => `k${index}`);
    const given = await Promise.all(
      [0, 7, 14, 21].map((from, index) =>
        (index % 2 === 0 ? rig.ports : other).origins.commitOrigin(
          sms,
          [...keys.slice(from), ...keys.slice(0, from)].map((key) => vote(key)),
        ),
      ),
    );
    const outcomes = given.flatMap((one) => one.outcomes);
    expect(outcomes.filter((outcome) => outcome === 'stored')).toHaveLength(40);
    expect(outcomes.filter((outcome) => outcome === 'duplicate')).toHaveLength(120);
    expect(await home.rows('SELECT 1 FROM votes')).toHaveLength(40);
    await other.close();
  });

  it('are summed, apart and together, beside terminals’, and judged again', async () => {
    const sms = await rig.ports.origins.openOrigin({ name: '短信', unitId: null });
    await rig.commit({ votes: rig.votes(1, 2, 3, 4) });
    await commit(sms, [
      vote('a'),
      vote('b', { rating: 1, at: BASE + QUARTER + 1, verdict: 5 }),
      vote('c', { windowKey: 2, channel: WEB }),
    ]);
    await expectHistoryRecounted(home, rig.ports.history, BOUNDS, 'unfolded');
    while (await rig.ports.folding.isDue(BASE + 8 * QUARTER))
      await rig.ports.folding.fold(BASE + 8 * QUARTER);
    await commit(sms, [vote('late', { rating: 2 })]);
    await expectHistoryRecounted(home, rig.ports.history, BOUNDS, 'late');
    await rig.commit({ unjudged: [{ windowKey: 1, from: BASE, to: BASE + 4 * QUARTER }] });
    const seen: (number | null)[] = [];
    const { revision } = await rig.ports.rules.ground();
    await rig.ports.verdicts.judge({
      revision: () => revision,
      reachOf: (_key, span) => ({ affected: span, needed: span }),
      verdictsOf: (_key, votes) =>
        votes.map(({ terminalKey }) => {
          seen.push(terminalKey);
          return terminalKey === null ? 5 : 0;
        }),
    });
    expect(seen.filter((terminalKey) => terminalKey === null)).toHaveLength(3);
    await expectHistoryRecounted(home, rig.ports.history, BOUNDS, 'judged');
    const exported: unknown[] = [];
    for await (const page of rig.ports.votes.exportVotes(BASE, BASE + 4 * QUARTER, null))
      exported.push(...page);
    expect(exported).toHaveLength(8);
    expect(exported).toContainEqual(
      expect.objectContaining({ terminalId: null, origin: '短信', channel: WEB, windowId: 'w2' }),
    );
  });

  it('are imputed where their system says so: whatever rules come, and to whoever looks, recounts or explains', async () => {
    const sms = { name: '短信', unitId: null };
    const key = await rig.ports.origins.openOrigin(sms);
    const imputed = vote('d', { isImputed: true, verdict: IMPUTED, at: BASE + 2 });
    const first = await commit(key, [vote('a'), imputed]);
    expect(first.stored.map((one) => [one.verdict ?? 0, 'isImputed' in one])).toEqual([
      [0, false],
      [IMPUTED, false],
    ]);
    const again = await commit(key, [imputed, vote('d', { at: BASE + 2 }), vote('a', { isImputed: true })]);
    expect(again.outcomes).toEqual(['duplicate', 'conflict', 'conflict']);
    await expectHistoryRecounted(home, rig.ports.history, BOUNDS, 'stored');
    const rules = await openRuleBook({ rules: rig.ports.rules, timeZone: 'Asia/Shanghai' });
    await rig.commit({ unjudged: [{ windowKey: 1, from: BASE, to: BASE + 9 }] });
    const { corrected } = await rig.ports.verdicts.judge(
      judgeStored(rules, { now: () => BASE + 8 * QUARTER, aheadMs: 0 }),
    );
    expect(corrected).toEqual([]);
    expect(
      (await rig.ports.reviews.presses(1, BASE, BASE + 9)).map(({ record }) => record?.isImputed),
    ).toEqual([false, true]);
    const explain = (asked: VoteIdentity) =>
      createVoteExplanations({
        ...{ rules: rig.ports.rules, verdicts: rig.ports.verdicts, exclusions: rig.ports.review.exclusions },
        timeZone: 'Asia/Shanghai',
        tree: async () => {
          const { units, windows, terminals } = rig.ports.org;
          return buildTree(await units(), await windows(), await terminals());
        },
      }).explain(asked);
    const told = await explain({ origin: sms, key: 'd' });
    expect(told.vote).toMatchObject({
      ...{ terminal: null, epoch: null, origin: '短信', originUnit: null, key: 'd', seq: 2, window: 'w1' },
      ...{ channel: 'sms', rating: 'satisfied', at: BASE + 2 },
    });
    expect([told.verdict, told.stored, told.byRules, told.standing]).toEqual([
      ...['imputed', 'imputed', 'imputed', 'same'],
    ]);
    const says = told.words.map(({ zh, en }) => `${zh} ${en}`).join('\n');
    expect(says).toContain('来源“短信”的评价 d（');
    expect(says).toContain('as the system says; received at');
    expect(says).toContain('In the end: it does not count (imputed).');
    await rig.act((tx) =>
      tx.exclude({
        ...{ id: 'x-1', origin: sms, from: BASE, to: BASE + 2, reason: '乱发' },
        ...{ madeAt: BASE, madeBy: 'cli:test' },
      }),
    );
    const other = await explain({ origin: sms, key: 'a' });
    expect([other.verdict, other.stored, other.exclusions[0]?.origin]).toEqual([
      ...['dismissed', 'counted', '短信'],
    ]);
    expect((await explain({ origin: sms, key: 'd' })).exclusions).toEqual([]);
    expect((await exported(rig.ports)).map(({ key: name }) => name)).toEqual(['a', 'd']);
    await expect(explain({ origin: sms, key: 'z' })).rejects.toMatchObject({ code: 'vote-unknown' });
    await expect(explain({ origin: { name: '传真', unitId: null }, key: 'a' })).rejects.toMatchObject({
      code: 'origin-unknown',
    });
    const faults = async () => {
      const check = home.openCheck();
      const { numbers } = await check.check(() => {});
      await check.close();
      return (numbers ?? []).map(({ what }) => what);
    };
    expect(await faults()).toEqual([]);
    await home.rows(`UPDATE origin_votes SET imputed = 1 - imputed`);
    expect(await faults()).toEqual([
      'votes that are imputed, and no system says that it gave them',
      'votes that a system says it gave itself, and that are not imputed',
    ]);
  });

  describe('when people exclude them', () => {
    const exclude = (id: string, which: Excluded, from = BASE, to = BASE + QUARTER) =>
      rig.act((tx) =>
        tx.exclude({ id, ...which, from, to, reason: '乱发', madeAt: BASE, madeBy: 'cli:test' }),
      );
    const include = (id: string) => rig.act((tx) => tx.endExclusion(id, BASE + 5));
    const excludedKeys = async () =>
      (await exported(rig.ports))
        .filter(({ excluded }) => excluded === 1)
        .map(({ terminalId, origin, windowId, seq }) => `${origin ?? terminalId} ${windowId}#${seq}`)
        .sort();
    const sms = { name: '短信', unitId: null };
    const web = { name: '网站', unitId: null };
    beforeEach(async () => {
      const [smsKey, webKey] = [
        await rig.ports.origins.openOrigin(sms),
        await rig.ports.origins.openOrigin(web),
      ];
      await rig.commit({ votes: rig.votes(1, 2, 3) });
      await commit(smsKey, [
        ...[vote('a'), vote('b', { rating: 2, windowKey: 2 }), vote('c', { rating: 1, verdict: 5 })],
        vote('later', { at: BASE + QUARTER }),
      ]);
      await commit(webKey, [vote('a', { channel: WEB }), vote('b', { channel: WEB, windowKey: 2 })]);
    });

    it('are taken back as far as whoever was first has come, by two at once', async () => {
      const span = { from: BASE, to: BASE + 8 * QUARTER };
      await rig.act((tx) =>
        tx.exclude({ id: 'e-2', windowId: 'w1', ...span, reason: '试', madeAt: BASE, madeBy: 'cli:test' }),
      );
      const resize = (quarters: number, how: 'longer' | 'shorter') =>
        rig.act((tx) => tx.resizeExclusion('e-2', BASE + quarters * QUARTER, how));
      const end = async () => ((await rig.ports.review.exclusions())[0]?.to as number) - BASE;
      await resize(2, 'shorter');
      await resize(4, 'shorter');
      expect(await end()).toBe(2 * QUARTER);
      await resize(6, 'longer');
      await resize(3, 'longer');
      expect(await end()).toBe(6 * QUARTER);
    });

    it('many are marked in parts: votes come between them, and each is what the exclusion says by then', async () => {
      const audited = async () =>
        (
          await home.rows<{ action: string; detail: string }>(
            `SELECT action, detail FROM audit WHERE action LIKE 'votes.%' ORDER BY seq`,
          )
        ).map(({ action, detail }) => [action, JSON.parse(detail).from, JSON.parse(detail).votes]);
      let part = 0;
      const review = createReview({
        ...{ store: rig.ports.review, now: () => BASE + 9, rollupsAtOnce: 2 },
        async exclusively(act) {
          const done = await act();
          part += 1;
          await commit(await rig.ports.origins.openOrigin(sms), [
            vote(`between ${part}`, { at: BASE + QUARTER }),
          ]);
          await expectHistoryRecounted(home, rig.ports.history, BOUNDS, `after part ${part}`);
          return done;
        },
      });
      const by = { actor: { kind: 'cli', user: 'test' }, origin: 'local' } as const;
      // Until further notice.
      const span = { from: BASE - QUARTER, to: Number.MAX_SAFE_INTEGER };
      const { id, votes } = await review.exclude(by, { origin: sms }, span, '乱发');
      // Two rollups of the first quarter of an hour, one of the next, in which a vote has come meanwhile.
      expect(await audited()).toEqual([
        ['votes.exclude', span.from, 3],
        ['votes.exclude', BASE + QUARTER, 2],
      ]);
      expect([votes, (await excludedKeys()).length]).toEqual([5, 6]);
      expect(await rig.ports.review.exclusions()).toMatchObject([{ id, ...span, endedAt: null }]);
      expect(await review.include(by, id, '查实')).toMatchObject({ id, ...span, endedAt: BASE + 9 });
      expect(await rig.ports.review.exclusions()).toMatchObject([{ id, ...span, endedAt: BASE + 9 }]);
      expect([await excludedKeys(), (await audited()).slice(2)]).toEqual([
        [],
        [
          ['votes.include', BASE + QUARTER, 3],
          ['votes.include', span.from, undefined],
        ],
      ]);
      await expect(review.include(by, id, '再次')).rejects.toMatchObject({ code: 'exclusion-ended' });
    });

    it('they are out of what is counted, whichever way they are named, and in again', async () => {
      expect(await exclude('x-1', { origin: sms })).toBe(3);
      expect(await excludedKeys()).toEqual(['短信 w1#1', '短信 w1#3', '短信 w2#2']);
      await expectHistoryRecounted(home, rig.ports.history, BOUNDS, 'of a system');
      expect(await exclude('x-2', { origin: web, windowId: 'w2' })).toBe(1);
      // Everything that came there, of terminals too.
      expect(await exclude('x-3', { windowId: 'w1' }, BASE + 1, BASE + 3)).toBe(5);
      expect(await excludedKeys()).toEqual([
        ...['t-1 w1#1', 't-1 w1#2', '短信 w1#1', '短信 w1#3', '短信 w2#2', '网站 w1#1', '网站 w2#2'],
      ]);
      await expectHistoryRecounted(home, rig.ports.history, BOUNDS, 'of a window too');
      const check = home.openCheck();
      expect(await check.check(() => {})).toMatchObject({
        ...{ votes: 9, numbers: [], rollups: { differing: 0 } },
      });
      await check.close();
      expect(
        (await rig.ports.review.exclusions()).map(({ terminalId, origin, originUnit, windowId }) => [
          ...[terminalId, origin, originUnit, windowId],
        ]),
      ).toEqual([
        [null, '短信', null, null],
        [null, '网站', null, 'w2'],
        [null, null, null, 'w1'],
      ]);
      await include('x-1');
      await include('x-3');
      expect(await excludedKeys()).toEqual(['网站 w2#2']);
      await expectHistoryRecounted(home, rig.ports.history, BOUNDS, 'in again');
    });

    it('those that come later into the span are out, too, and so is what is judged anew of them', async () => {
      await exclude('x-1', { origin: sms });
      await exclude('x-2', { windowId: 'w2' });
      while (await rig.ports.folding.isDue(BASE + 8 * QUARTER))
        await rig.ports.folding.fold(BASE + 8 * QUARTER);
      await commit(await rig.ports.origins.openOrigin(sms), [
        ...[vote('d', { verdict: 5 }), vote('e', { windowKey: 2 }), vote('f', { at: BASE + QUARTER + 9 })],
      ]);
      await commit(await rig.ports.origins.openOrigin(web), [vote('g', { windowKey: 2, channel: WEB })]);
      expect(await excludedKeys()).toEqual([
        ...['短信 w1#1', '短信 w1#3', '短信 w1#5', '短信 w2#2', '短信 w2#6', '网站 w2#2', '网站 w2#3'],
      ]);
      await expectHistoryRecounted(home, rig.ports.history, BOUNDS, 'late');
      await rig.commit({ unjudged: [{ windowKey: 1, from: BASE, to: BASE + 4 * QUARTER }] });
      const { revision } = await rig.ports.rules.ground();
      const { corrected } = await rig.ports.verdicts.judge({
        revision: () => revision,
        reachOf: (_key, span) => ({ affected: span, needed: span }),
        verdictsOf: (_key, votes) => votes.map(({ channel }) => (channel === SMS ? 6 : 0)),
      });
      expect(corrected.filter(({ excluded }) => excluded)).toHaveLength(3);
      await expectHistoryRecounted(home, rig.ports.history, BOUNDS, 'judged');
    });

    it('what there is not is refused, and where there is one of the name is said', async () => {
      const code = (which: Excluded) =>
        exclude('x-1', which).catch((error) => `${error.code}: ${error.message}`);
      expect(await code({ origin: { name: '短信', unitId: 'town' } })).toMatch(
        /^origin-unknown: .*there is one of the whole city$/,
      );
      expect(await code({ origin: { name: '传真', unitId: null } })).toMatch(/^origin-unknown: /);
      expect(await code({ windowId: 'w9' })).toMatch(/^window-unknown: /);
      expect(await code({})).toMatch(/^storage-failed: /);
      expect(await rig.ports.review.exclusions()).toEqual([]);
    });
  });

  it('are records to whoever looks at the window, whatever channel they are said to have come by', async () => {
    const origin = await rig.ports.origins.openOrigin({ name: '短信', unitId: null });
    await commit(origin, [vote('a', { channel: 0 }), vote('b', { channel: SMS, at: BASE + 2 })]);
    const seen = await rig.ports.reviews.presses(1, BASE, BASE + 10);
    expect(seen.map(({ channel, record }) => [channel, record])).toEqual(
      [0, SMS].map((channel) => [channel, { receivedAt: BASE + 60_000, isImputed: false }]),
    );
  });
});
