/** What two people decide about votes, in every database: what is kept beside them follows, whatever rules say meanwhile. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createReviews, type Reviews } from '../../gateway/review/reviews.ts';
import type { By } from '../../gateway/store/changes.ts';
import type { VerdictCode } from '../../gateway/store/ledger.ts';
import type { NewReview } from '../../gateway/store/reviews.ts';
import type { Judging } from '../../gateway/store/verdicts.ts';
import { addAccount, change } from '../support/change-people.ts';
import { type PortsHome, portHomes } from '../support/port-homes.ts';
import { BASE, createReviewRig, type ReviewRig } from '../support/review-rig.ts';

const DISMISSED = 8;
const IMPUTED = 7;
const TOO_SOON = 1;
const STUCK = 4;
const by = (name: string): By => ({ actor: { kind: 'account', name }, origin: '10.0.0.1' });
const [LI, WANG, CHEN, HU] = [by('li'), by('wang'), by('chen'), by('hu')];
const GATEWAY: By = { actor: { kind: 'gateway' }, origin: 'local' };

describe.each(portHomes())('reviews in %s', (_name, createHome) => {
  let home: PortsHome;
  let rig: ReviewRig;
  let reviews: Reviews;
  beforeEach(async () => {
    home = await createHome();
    rig = await createReviewRig(home);
    reviews = createReviews({ store: rig.ports.reviews, now: () => BASE });
    const account = { passwordHash: 'x', mustChangePassword: false, createdAt: BASE, disabledAt: null };
    for (const [name, role, unitId] of [
      ['li', 'operator', null],
      ['wang', 'administrator', null],
      ['chen', 'unit-manager', 'town'],
      ['hu', 'auditor', null],
    ] as const)
      await addAccount(rig.ports.people, { ...account, name, displayName: name, role, unitId });
    await rig.commit({ votes: rig.votes(1, 2, 3, 4, 5, 6) });
  });
  afterEach(async () => {
    const check = home.openCheck();
    const { numbers } = await check.check(() => {});
    await check.close();
    expect(numbers, 'what the check finds').toEqual([]);
    await rig.end();
  });

  const flag = (id: string, seqs: readonly number[], more: Partial<NewReview> = {}): NewReview => ({
    ...{ id, windowKey: 1, decision: 'dismiss', detector: 'run', version: 1, about: `votes ${seqs}` },
    ...{ from: BASE, to: BASE + 9, foundAt: BASE, figures: { votes: seqs.length }, limit: 1e-4 },
    votes: seqs.map((seq) => ({ journalKey: rig.source, seq })),
    ...more,
  });
  const open = (review: NewReview) =>
    rig.ports.reviews.change(async (tx) => {
      const opened = await tx.open(review, GATEWAY.actor, '');
      const line = { by: GATEWAY, action: 'review.open', target: { kind: 'review', id: review.id } as const };
      return opened ? tx.audited(line, opened.isNew) : tx.unchanged(false);
    });
  const verdicts = async () =>
    (await home.rows<{ verdict: number }>('SELECT verdict FROM votes ORDER BY seq')).map(
      ({ verdict }) => verdict,
    );
  const refused = async (act: Promise<unknown>) => {
    try {
      await act;
      return 'done';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  /** Rules that say this of every vote, but where they have said what they never take back. */
  const judgeAll = async (verdict: VerdictCode, never?: VerdictCode) => {
    const { revision } = await rig.ports.rules.ground();
    const judging: Judging = {
      revision: () => revision,
      reachOf: (_windowKey, span) => ({ affected: span, needed: span }),
      verdictsOf: (_windowKey, votes) => votes.map(({ byRules }) => (byRules === never ? byRules : verdict)),
    };
    await rig.commit({ unjudged: [{ windowKey: 1, from: BASE, to: BASE + 9 }] });
    const corrected: number[] = [];
    while (await rig.ports.verdicts.isWaiting())
      for (const { at } of (await rig.ports.verdicts.judge(judging)).corrected) corrected.push(at - BASE);
    return corrected.sort();
  };

  it('are not written over by whoever knows nothing of them: a gateway of before, or a person at the database', async () => {
    await open(flag('r-1', [1, 3]));
    await reviews.step(LI, 'r-1', 'propose', '一个人连按');
    const write = (verdict: number, seq: number) =>
      home.rows(`UPDATE votes SET verdict = ${verdict} WHERE source_key = ${rig.source} AND seq = ${seq}`);
    await write(STUCK, 1);
    await write(0, 1);
    await reviews.step(WANG, 'r-1', 'confirm', '看过录像');
    const decided = [DISMISSED, 0, DISMISSED, 0, 0, TOO_SOON];
    expect(await verdicts()).toEqual(decided);
    for (const [verdict, seq] of [
      [0, 1],
      [STUCK, 1],
      [TOO_SOON, 3],
    ] as const)
      await expect(write(verdict, seq)).rejects.toThrow('older than the database');
    // In one statement with what might be: all or nothing.
    await expect(home.rows(`UPDATE votes SET verdict = ${STUCK}`)).rejects.toThrow('two people have decided');
    expect(await verdicts()).toEqual(decided);
    await home.rows('UPDATE votes SET verdict = verdict, clock = clock');
    await reviews.step(LI, 'r-1', 'reopen', '弄错了');
    expect(await verdicts()).toEqual([0, 0, TOO_SOON, 0, 0, TOO_SOON]);
    await write(STUCK, 1);
    await write(0, 1);
  });

  it('leave votes alone until a second person confirms; all of it can be taken back, and is audited', async () => {
    expect(await open(flag('r-1', [1, 2, 3]))).toBe(true);
    expect(await open(flag('r-2', [1, 2, 3]))).toBe(false);
    expect(await reviews.waiting()).toEqual({ open: 1, proposed: 0 });
    await reviews.step(LI, 'r-1', 'propose', '一个人连按');
    expect(await reviews.waiting([1])).toEqual({ open: 0, proposed: 1 });
    await open(flag('r-3', [5], { windowKey: 2, foundAt: BASE - 9 }));
    await open(flag('r-4', [6], { windowKey: 2, foundAt: BASE - 5 }));
    expect(await rig.ports.reviews.waitingByWindow()).toEqual([
      { windowKey: 1, reviews: 1, since: BASE },
      { windowKey: 2, reviews: 2, since: BASE - 9 },
    ]);
    for (const id of ['r-3', 'r-4']) await reviews.step(LI, id, 'dismiss', '没事');
    expect(await rig.ports.reviews.waitingByWindow()).toEqual([{ windowKey: 1, reviews: 1, since: BASE }]);
    expect(await verdicts()).toEqual([0, 0, TOO_SOON, 0, 0, TOO_SOON]);
    expect(await refused(reviews.step(LI, 'r-1', 'confirm', '我自己'))).toBe('review-person-same');
    const done = await reviews.step(WANG, 'r-1', 'confirm', '看过录像');
    expect(done).toEqual({ id: 'r-1', state: 'confirmed', votes: 3, changed: 3 });
    expect(await verdicts()).toEqual([DISMISSED, DISMISSED, DISMISSED, 0, 0, TOO_SOON]);
    const { key } = await reviews.review('r-1');
    expect((await reviews.votesOf(key)).map(({ seq, byRules }) => [seq, byRules])).toEqual([
      [1, 0],
      [2, 0],
      [3, TOO_SOON],
    ]);
    expect(await rig.decisions()).toBe(1);
    await reviews.step(LI, 'r-1', 'reopen', '弄错了');
    expect(await verdicts()).toEqual([0, 0, TOO_SOON, 0, 0, TOO_SOON]);
    expect(
      (await reviews.events(key)).map(({ step, by: who, reason }) => `${step} ${who} ${reason}`),
    ).toEqual([
      'open gateway ',
      'propose account:li 一个人连按',
      'confirm account:wang 看过录像',
      'reopen account:li 弄错了',
    ]);
    const actions = (await rig.ports.audit.entries({ limit: 9 })).map(({ action }) => action);
    expect(actions.filter((action) => action.startsWith('review.'))).toEqual([
      ...['review.reopen', 'review.confirm', 'review.dismiss', 'review.dismiss'],
      ...['review.open', 'review.open', 'review.propose', 'review.open'],
    ]);
  });

  it('are one as long as nobody has decided, whatever late votes add to it', async () => {
    const votesOf = async (id: string) => {
      const { key } = await reviews.review(id);
      return (await reviews.votesOf(key)).map(({ seq }) => seq);
    };
    const ids = async () => (await reviews.list({}, 10)).map(({ id, state }) => `${id} ${state}`);
    await open(flag('r-1', [1, 2]));
    await open(flag('r-2', [4, 5]));
    // Two devices at once are two; another detector's is its own; a person means what they say.
    expect(await ids()).toEqual(['r-2 open', 'r-1 open']);
    expect(await open(flag('r-3', [2, 3], { limit: 0.5 }))).toBe(false);
    expect([await votesOf('r-1'), (await reviews.review('r-1')).limit]).toEqual([[2, 3], 0.5]);
    expect(await open(flag('r-4', [2, 3], { detector: 'crowd' }))).toBe(true);
    await reviews.step(LI, 'r-1', 'propose', '是');
    expect(await open(flag('r-5', [1, 2, 3]))).toBe(false);
    expect(await votesOf('r-1')).toEqual([2, 3]);
    await reviews.step(WANG, 'r-1', 'confirm', '是');
    expect(await open(flag('r-5', [1, 2, 3]))).toBe(true);
    await reviews.step(LI, 'r-5', 'dismiss', '不是');
    expect(await open(flag('r-6', [1, 2, 3]))).toBe(false);
    expect(await ids()).toEqual(['r-5 dismissed', 'r-4 open', 'r-2 open', 'r-1 confirmed']);
    expect(await open(flag('r-6', [1, 2, 3, 6]))).toBe(true);
    // What was found before and decided is not found in the place of what is open.
    expect(await open(flag('r-7', [1, 2, 3]))).toBe(false);
    expect(await votesOf('r-6')).toEqual([1, 2, 3, 6]);
  });

  it('are dismissed by one person, and votes stay', async () => {
    await open(flag('r-1', [1, 2]));
    await reviews.step(LI, 'r-1', 'dismiss', '学生参观');
    expect(await verdicts()).toEqual([0, 0, TOO_SOON, 0, 0, TOO_SOON]);
    expect(await refused(reviews.step(WANG, 'r-1', 'confirm', '不'))).toBe('review-step-impossible');
    expect(await refused(reviews.step(WANG, 'r-9', 'confirm', '不'))).toBe('review-unknown');
    await reviews.step(LI, 'r-1', 'reopen', '再看');
    await reviews.step(LI, 'r-1', 'propose', '是的');
    await reviews.step(WANG, 'r-1', 'send-back', '理由不足');
    expect(
      (await reviews.list({ states: ['open'] }, 10)).map(({ id, proposedBy }) => [id, proposedBy]),
    ).toEqual([['r-1', null]]);
  });

  it('keep what was decided, whatever the rules say of it meanwhile', async () => {
    await open(flag('r-1', [1, 3]));
    await reviews.step(LI, 'r-1', 'propose', '是');
    await reviews.step(WANG, 'r-1', 'confirm', '是');
    expect(await judgeAll(3)).toEqual([2, 4, 5, 6]);
    expect(await verdicts()).toEqual([DISMISSED, 3, DISMISSED, 3, 3, 3]);
    // A late vote changes its neighbours in the commit itself.
    const { corrected } = await rig.commit({
      corrections: [1, 2].map((seq) => ({ journalKey: rig.source, seq, verdict: TOO_SOON })),
    });
    expect(corrected.map(({ at }) => at - BASE)).toEqual([2]);
    expect(await verdicts()).toEqual([DISMISSED, TOO_SOON, DISMISSED, 3, 3, 3]);
    await reviews.step(WANG, 'r-1', 'reopen', '否');
    expect(await verdicts()).toEqual([TOO_SOON, TOO_SOON, 3, 3, 3, 3]);
    // What the rules say of those that are free again was kept: nothing has to be judged for it.
    expect(await rig.ports.verdicts.isWaiting()).toBe(false);
    expect(await judgeAll(0)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('reinstate what rules discount, with a second person, too', async () => {
    const span = { windowKey: 1, from: BASE, to: BASE + 9 };
    const { id, votes } = await reviews.raise(CHEN, { ...span, decision: 'reinstate', reason: '一班小学生' });
    expect(votes).toBe(2);
    expect(await verdicts()).toEqual([0, 0, TOO_SOON, 0, 0, TOO_SOON]);
    await reviews.step(WANG, id, 'confirm', '属实');
    expect(await verdicts()).toEqual([0, 0, 0, 0, 0, 0]);
    expect(await judgeAll(TOO_SOON)).toEqual([1, 2, 4, 5]);
    expect(await verdicts()).toEqual([TOO_SOON, TOO_SOON, 0, TOO_SOON, TOO_SOON, 0]);
    // Also where the rules come to say what was decided.
    await judgeAll(0);
    const { key } = await reviews.review(id);
    expect((await reviews.votesOf(key)).map(({ verdict, byRules }) => [verdict, byRules])).toEqual([
      [0, 0],
      [0, 0],
    ]);
    await judgeAll(STUCK);
    await reviews.step(LI, id, 'reopen', '不是小学生');
    expect(await verdicts()).toEqual([STUCK, STUCK, STUCK, STUCK, STUCK, STUCK]);
    const none = { ...span, from: BASE + 20, to: BASE + 30 };
    expect(await refused(reviews.raise(LI, { ...none, decision: 'dismiss', reason: '无' }))).toBe(
      'review-empty',
    );
  });

  it('are brought up by people as long as not too many of theirs wait, at a window and of one account', async () => {
    const span = { windowKey: 1, from: BASE, to: BASE + 9, decision: 'dismiss', reason: '重复' } as const;
    const raise = (who: By, windowKey = 1) => reviews.raise(who, { ...span, windowKey, isBlind: true });
    await open(flag('r-1', [1, 2]));
    const raised: string[] = [];
    for (let count = 0; count < 20; count++) raised.push((await raise(CHEN)).id);
    const kept = async () => (await home.rows('SELECT 1 FROM review_votes')).length;
    const before = await kept();
    for (const who of [CHEN, LI]) expect(await refused(raise(who))).toBe('reviews-too-many');
    expect(await kept()).toBe(before);
    // At another window they may; nor does it help that somebody sends one back.
    await raise(CHEN, 2);
    const [first = '', second = ''] = raised;
    await reviews.step(LI, first, 'send-back', '哪些？');
    expect(await refused(raise(CHEN))).toBe('reviews-too-many');
    await reviews.step(LI, second, 'send-back', '没事');
    await reviews.step(LI, second, 'dismiss', '没事');
    await raise(LI);
    expect(await refused(raise(CHEN))).toBe('reviews-too-many');
    const most = { atWindow: 100, byPerson: 20 };
    reviews = createReviews({ store: rig.ports.reviews, now: () => BASE, most });
    expect(await refused(raise(CHEN, 2))).toBe('reviews-too-many');
    await raise(LI, 2);
    await reviews.step(LI, first, 'dismiss', '没事');
    await raise(CHEN, 2);
    expect(await refused(raise(CHEN, 2))).toBe('reviews-too-many');
  });

  it('are about votes that are no terminal’s, too', async () => {
    const { openOrigin, commitOrigin } = rig.ports.origins;
    const origin = await openOrigin({ name: '短信', unitId: null });
    const given = {
      channel: 2,
      windowKey: 1,
      rating: 2,
      at: BASE + 5_000,
      receivedAt: BASE + 6_000,
    } as const;
    await commitOrigin(origin, [{ ...given, key: 'a' }]);
    const span = { windowKey: 1, from: BASE + 5_000, to: BASE + 5_000 };
    const { id, votes } = await reviews.raise(LI, { ...span, decision: 'dismiss', reason: '重复' });
    expect([votes, await reviews.step(WANG, id, 'confirm', '是')]).toMatchObject([1, { changed: 1 }]);
    expect(await reviews.votesOf((await reviews.review(id)).key)).toMatchObject([
      { terminalId: null, origin: '短信', verdict: DISMISSED, byRules: 0 },
    ]);
    const check = home.openCheck();
    expect((await check.check(() => {})).numbers, 'while it is dismissed').toEqual([]);
    await check.close();
    expect(await reviews.step(LI, id, 'reopen', '否')).toMatchObject({ changed: 1 });
    expect(await reviews.votesOf((await reviews.review(id)).key)).toMatchObject([{ verdict: 0, byRules: 0 }]);
  });

  it('of a vote that a system gave itself leave it imputed, also when a gateway of before would judge it as pressed', async () => {
    const origin = await rig.ports.origins.openOrigin({ name: '短信', unitId: null });
    const place = { channel: 2, windowKey: 1, rating: 0, at: BASE + 5, receivedAt: BASE + 6 } as const;
    await rig.ports.origins.commitOrigin(origin, [
      { ...place, key: 'a', isImputed: true, verdict: IMPUTED },
      { ...place, key: 'b' },
    ]);
    const ofSystem = async () =>
      (
        await home.rows<{ verdict: number }>(
          `SELECT verdict FROM votes WHERE source_key = ${origin} ORDER BY seq`,
        )
      ).map(({ verdict }) => verdict);
    const review = flag('r-1', [], { votes: [{ journalKey: origin, seq: 1 }] });
    const refuse = async () => {
      // It knows nothing of what was imputed: by its rules all of them count.
      const refused = await judgeAll(0).catch((error: unknown) => `${error} ${(error as Error).cause}`);
      expect(refused).toContain('a system gave a vote itself is not written over');
      await expect(home.rows(`UPDATE votes SET verdict = ${DISMISSED}`)).rejects.toThrow('older than the');
      expect(await ofSystem()).toEqual([IMPUTED, 0]);
    };
    await refuse();
    await open(review);
    await reviews.step(LI, 'r-1', 'propose', '系统默认好评');
    expect(await reviews.step(WANG, 'r-1', 'confirm', '是')).toMatchObject({ changed: 0 });
    await refuse();
    expect(await home.rows('SELECT by_rules AS code FROM decided_votes')).toEqual([{ code: IMPUTED }]);
    expect(await reviews.step(LI, 'r-1', 'reopen', '否')).toMatchObject({ changed: 0 });
    await refuse();
    // One that knows of them goes on where it could not, and judges the others as ever.
    expect(await judgeAll(TOO_SOON, IMPUTED)).toEqual([1, 2, 4, 5, 5]);
    expect(await ofSystem()).toEqual([IMPUTED, TOO_SOON]);
  });

  it('that share a vote: the one confirmed last holds, and the other when it is taken back', async () => {
    await open(flag('r-1', [1, 2]));
    await open(flag('r-2', [2, 3], { decision: 'reinstate', detector: 'crowd' }));
    for (const id of ['r-1', 'r-2']) {
      await reviews.step(LI, id, 'propose', '是');
      await reviews.step(WANG, id, 'confirm', '是');
    }
    expect((await verdicts()).slice(0, 3)).toEqual([DISMISSED, 0, 0]);
    await reviews.step(LI, 'r-2', 'reopen', '否');
    expect((await verdicts()).slice(0, 3)).toEqual([DISMISSED, DISMISSED, TOO_SOON]);
  });

  it('are for whoever may: asked when it is done, not before', async () => {
    await open(flag('r-1', [1]));
    expect(await refused(reviews.step(HU, 'r-1', 'propose', '是'))).toBe('role-insufficient');
    expect(await refused(reviews.step(by('nobody'), 'r-1', 'propose', '是'))).toBe('role-insufficient');
    await reviews.step(CHEN, 'r-1', 'propose', '是');
    expect(await refused(reviews.step(CHEN, 'r-1', 'confirm', '是'))).toBe('role-insufficient');
    await change(rig.ports.people, (tx) => tx.changeAccount('wang', { disabledAt: BASE }));
    expect(await refused(reviews.step(WANG, 'r-1', 'confirm', '是'))).toBe('role-insufficient');
    await change(rig.ports.people, (tx) => tx.changeAccount('li', { role: 'technician' }));
    expect(await refused(reviews.step(LI, 'r-1', 'confirm', '是'))).toBe('role-insufficient');
    await rig.ports.org.change(async (tx) => {
      await tx.addUnit({ id: 'other', parentId: null, name: '别处' });
      return tx.audited({ by: GATEWAY, action: 'unit.add', target: { kind: 'data' } }, undefined);
    });
    await change(rig.ports.people, (tx) => tx.changeAccount('chen', { unitId: 'other' }));
    await open(flag('r-2', [2]));
    expect(await refused(reviews.step(CHEN, 'r-2', 'propose', '是'))).toBe('review-unknown');
    expect(await verdicts()).toEqual([0, 0, TOO_SOON, 0, 0, TOO_SOON]);
  });

  it('are confirmed once, whoever comes at the same time', async () => {
    const other = await home.open();
    const elsewhere = createReviews({ store: other.reviews, now: () => BASE });
    await open(flag('r-1', [1, 2]));
    await reviews.step(CHEN, 'r-1', 'propose', '是');
    const outcomes = await Promise.all([
      refused(reviews.step(LI, 'r-1', 'confirm', '是')),
      refused(elsewhere.step(WANG, 'r-1', 'confirm', '是')),
      refused(elsewhere.step(WANG, 'r-1', 'send-back', '否')),
    ]);
    expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'review-step-impossible')).toHaveLength(2);
    await other.close();
  });

  it('note how far was looked, and forget what is too old', async () => {
    const { reviews: store, leases } = rig.ports;
    expect(await store.dueWindows(BASE, 10)).toEqual([1, 2]);
    const lease = (await leases.take('look', 'here', 60_000)) as NonNullable<
      Awaited<ReturnType<typeof leases.take>>
    >;
    const looked = { windowKey: 1, at: BASE, forgetBefore: 0 };
    await store.noteLooked(
      [
        {
          ...looked,
          days: [
            { day: 3, seen: 'a' },
            { day: 4, seen: 'b' },
          ],
        },
      ],
      lease,
    );
    await store.noteLooked([{ ...looked, days: [{ day: 4, seen: 'c' }], forgetBefore: 4 }], lease);
    expect(await store.daysLooked(1)).toEqual([{ day: 4, seen: 'c' }]);
    expect(await store.dueWindows(BASE, 10)).toEqual([2]);
    const stale = { ...lease, token: lease.token + 1 };
    expect(await refused(store.noteLooked([{ ...looked, days: [] }], stale))).toBe('lease-lost');
    expect(await store.quarters(1, BASE)).toEqual([
      { quarterStart: BASE, votes: [6, 0, 0], counted: [4, 0, 0] },
    ]);
    const seen = await store.presses(1, BASE, BASE + 3);
    expect(seen.map(({ seq, isCounted }) => [seq, isCounted])).toEqual([
      [1, true],
      [2, true],
      [3, false],
    ]);
  });
});
