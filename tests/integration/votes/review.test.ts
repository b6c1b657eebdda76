/**
 * What one certificate can do to the scores, and what people can do about it: as its holder would try, over MQTT, on a gateway as
 * delivered; then with the command line, while the gateway runs.
 */
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ack } from '../../../protocol/ack.ts';
import type { Rating } from '../../../protocol/vote.ts';
import { manyi } from '../../support/cli.ts';
import { startGateway, type TerminalLogin, type TestGateway } from '../../support/gateway.ts';
import { vote, votesMessage } from '../../support/messages.ts';
import { readMetrics } from '../../support/metrics.ts';
import { mqttLogin } from '../../support/mqtt-login.ts';
import { expectScoresEqualRecount, storedVotes } from '../../support/recount.ts';
import { until } from '../../support/wait.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const LIMITS = { MANYI_VOTES_PER_MINUTE: '30', MANYI_VOTES_PER_HOUR: '600', MANYI_VOTES_PER_DAY: '3000' };
const EPOCHS = ['ab', 'cd', 'ef'].map((pair) => pair.repeat(16)) as [string, string, string];

let gateway: TestGateway;
const logins: TerminalLogin[] = [];
const clients: MqttClient[] = [];

beforeAll(async () => {
  gateway = await startGateway({ env: LIMITS });
  await gateway.add((org) => {
    org.unit('hall', '政务服务大厅');
    for (let number = 1; number <= 8; number++) {
      org.window(`w${number}`, 'hall', `社保综合窗口${number}`);
      logins.push(org.terminal(`t-${number}`, `w${number}`));
    }
  });
  await until('the windows', async () => (await gateway.scores()).length === 9);
});
afterAll(async () => {
  for (const client of clients) client.end(true);
  await gateway.dispose();
});

/** The holder of a terminal's certificate. */
async function holderOf(number: number) {
  const login = logins[number - 1] as TerminalLogin;
  const client = mqtt.connect(`mqtts://127.0.0.1:${gateway.mqttPort}`, mqttLogin(login));
  clients.push(client);
  const acks: Ack[] = [];
  client.on('message', (topic, payload) => {
    if (topic.endsWith('/ack')) acks.push(JSON.parse(String(payload)));
  });
  await new Promise((resolve) => client.once('connect', resolve));
  await client.subscribeAsync(`manyi/v1/${login.id}/ack`, { qos: 1 });
  const send = (kind: string, payload: string) =>
    client.publishAsync(`manyi/v1/${login.id}/${kind}`, payload, { qos: 1 });
  return {
    acks,
    send,
    hello: (last: number, more: object = {}, epoch = EPOCHS[0]) =>
      send(
        'hello',
        JSON.stringify({
          ...{ epoch, boot: 'boot-1', version: '9', inputs: [], clock: 'ntp' },
          journal: { first: 1, last },
          ...more,
        }),
      ),
    /** From `from` to `to`, 64 a message. */
    async votes(
      from: number,
      to: number,
      at: (seq: number) => number,
      epoch = EPOCHS[0],
      rating: Rating = 'satisfied',
    ) {
      for (let first = from; first <= to; first += 64) {
        const last = Math.min(to, first + 63);
        const votes = Array.from({ length: last - first + 1 }, (_, i) =>
          vote(first + i, rating, { at: at(first + i) }),
        );
        await send('votes', votesMessage(votes, { [rating]: last }, epoch));
      }
    },
  };
}
const metric = async (name: string) => (await readMetrics(gateway)).of(name);
const quarantined = async (reason: string) =>
  (await readMetrics(gateway)).of('manyi_quarantined_total', { reason });
const row = async (number: number, period = 'today') =>
  (await gateway.scores(period)).find(({ id }) => id === `w${number}`);
const command = async (...args: string[]) => {
  const { code, out, err } = await manyi(gateway.dataDir, ...args, '--json');
  expect(err).toBe('');
  expect(code).toBe(0);
  return JSON.parse(out);
};
const iso = (at: number) => new Date(at).toISOString();

describe('one certificate', () => {
  it('cannot have more votes than people press: the excess is held, and the window says so', async () => {
    const holder = await holderOf(1);
    await holder.votes(1, 640, () => Date.now());
    await until('the ack of all', () => holder.acks.at(-1)?.upTo === 640);
    const found = await row(1, '7d');
    expect(found?.votes).toBeGreaterThanOrEqual(30);
    // The messages may have straddled a minute.
    expect(found?.votes).toBeLessThanOrEqual(60);
    expect(found?.completeness).toMatchObject({ state: 'held', held: 640 - (found?.votes ?? 0), pending: 0 });
    expect(storedVotes(gateway.dataDir).filter(({ terminal }) => terminal === 't-1')).toHaveLength(
      found?.votes ?? 0,
    );
    expect(await metric('manyi_votes_held')).toBeGreaterThanOrEqual(580);
    await until('the log', () => gateway.log().includes('"code":"rate-implausible"'));
    await expectScoresEqualRecount(gateway);
  });

  it('sending what is held again makes no vote of it', async () => {
    const before = (await row(1, '7d'))?.votes;
    const holder = await holderOf(1);
    await holder.votes(101, 164, () => Date.now() - 3 * 3_600_000);
    await until('an ack', () => holder.acks.length > 0);
    expect((await row(1, '7d'))?.votes).toBe(before);
  });

  it('cannot fill the past: what a number cannot have been is placed where it came, and marked', async () => {
    const holder = await holderOf(2);
    await holder.votes(1, 5, () => Date.now());
    const began = Date.now();
    await holder.votes(6, 15, (seq) => began - seq * DAY_MS);
    await until('the ack', () => holder.acks.at(-1)?.upTo === 15);
    const votes = await gateway.getJson<
      { seq: number; at: number; claimedAt: number | null; terminal: string }[]
    >(`/api/v1/votes?from=0&to=${Date.now() + DAY_MS}&window=w2`);
    expect(votes).toHaveLength(15);
    for (const { seq, at, claimedAt } of votes) {
      expect(Math.abs(at - began)).toBeLessThan(MINUTE_MS);
      expect(claimedAt).toBe(seq <= 5 ? null : began - seq * DAY_MS);
    }
  });

  it('cannot say numbers that nobody pressed: they change nothing but the word of the window', async () => {
    const holder = await holderOf(3);
    await holder.hello(3);
    await holder.votes(1, 3, () => Date.now());
    await holder.hello(1_000_000_000, { journal: { first: 1_000_000_000, last: 1_000_000_000 } });
    await until('the word', async () => (await row(3))?.completeness.state === 'mismatch');
    expect((await row(3))?.completeness).toMatchObject({ pending: 0, lost: 0 });
    await holder.hello(3);
    await until('the truth', async () => (await row(3))?.completeness.state === 'complete');
    const totals = { satisfied: 999_999_999, basically: 999_999_999, unsatisfied: 999_999_999 };
    await holder.send('votes', votesMessage([vote(4)], totals));
    await until('the word again', async () => (await row(3))?.completeness.state === 'mismatch');
    expect(await row(3)).toMatchObject({ votes: 4, completeness: { pending: 0, lost: 0 } });
    // A new journal is no way around: it cannot be older than the terminal was last heard.
    await holder.hello(0, { journal: { first: 1, last: 50_000 } }, EPOCHS[1]);
    await holder.send('votes', votesMessage([vote(900_000_000)], {}, EPOCHS[1]));
    expect((await row(3))?.completeness).toMatchObject({ pending: 0, lost: 0 });
    expect(await quarantined('counter-implausible')).toBeGreaterThanOrEqual(3);
  });

  it('a clock that is wrong is an alarm, and its votes are placed by the gateway’s', async () => {
    const holder = await holderOf(4);
    const ahead = 3_600_000;
    await holder.hello(0, { time: Date.now() + ahead, mono: 5_000 });
    await until('the alarm', async () => (await row(4))?.terminals.clockApart === 1);
    expect(await metric('manyi_terminal_clocks_apart')).toBe(1);
    const votes = [vote(1, 'satisfied', { at: Date.now() + ahead, mono: 4_000 })];
    await holder.send('votes', votesMessage(votes));
    expect((await row(4))?.votes).toBe(1);
    const [stored] = storedVotes(gateway.dataDir).filter(({ terminal }) => terminal === 't-4');
    expect(Math.abs((stored?.at ?? 0) - (Date.now() - 1_000))).toBeLessThan(5_000);
    await holder.hello(1, { time: Date.now(), mono: 6_000 });
    await until('the all-clear', async () => (await row(4))?.terminals.clockApart === 0);
  });
});

describe('a person', () => {
  it('releases what is held, or dismisses it, and takes it back; scores follow while the gateway runs', async () => {
    const holder = await holderOf(5);
    await holder.votes(1, 100, () => Date.now(), EPOCHS[0], 'unsatisfied');
    await until('the ack', () => holder.acks.at(-1)?.upTo === 100);
    const counted = (await row(5, '7d'))?.votes ?? 0;
    const held = 100 - counted;
    expect(await command('quarantine', 'held')).toContainEqual(
      expect.objectContaining({ terminalId: 't-5', reason: 'rate-implausible', count: held }),
    );
    const which = ['--terminal', 't-5', '--reason', '孩子在按'];
    expect(await command('quarantine', 'dismiss', ...which)).toEqual({ dismissed: held });
    await until('the word', async () => (await row(5))?.completeness.state === 'complete');
    expect((await row(5, '7d'))?.votes).toBe(counted);
    expect(await command('quarantine', 'reconsider', ...which)).toEqual({ held });
    await until('the word', async () => (await row(5))?.completeness.held === held);
    expect(await command('quarantine', 'release', ...which)).toEqual({ released: held, taken: 0, unfit: 0 });
    await until('the votes', async () => (await row(5, '7d'))?.votes === 100);
    expect((await row(5))?.completeness).toMatchObject({ state: 'complete', held: 0 });
    await expectScoresEqualRecount(gateway);
  });

  it('excludes a span of a terminal, late votes too, with raw beside it, and includes it again', async () => {
    const holder = await holderOf(6);
    const began = Date.now();
    await holder.votes(1, 20, () => Date.now());
    await until('the votes', async () => (await row(6, '7d'))?.votes === 20);
    const span = ['--terminal', 't-6', '--from', iso(began - MINUTE_MS), '--to', iso(began + 10 * MINUTE_MS)];
    const made = await command('votes', 'exclude', ...span, '--reason', '证书被盗');
    expect(made).toMatchObject({ id: expect.stringMatching(/^x-/), votes: 20 });
    const none = { satisfied: 0, basically: 0, unsatisfied: 0 };
    await until('the score', async () => (await row(6, '7d'))?.votes === 0);
    expect(await row(6, '7d')).toMatchObject({ counts: none, excluded: { ...none, satisfied: 20 } });
    await holder.votes(21, 25, () => Date.now());
    await until('the late ones', async () => (await row(6, '7d'))?.excluded?.satisfied === 25);
    expect(await row(6, '7d')).toMatchObject({ votes: 0 });
    await expectScoresEqualRecount(gateway);
    const exported = await gateway.getJson<{ excluded: boolean }[]>(
      `/api/v1/votes?from=0&to=${Date.now() + DAY_MS}&window=w6`,
    );
    expect(exported.filter(({ excluded }) => excluded)).toHaveLength(25);

    await gateway.stop();
    await gateway.start();
    expect(await row(6, '7d')).toMatchObject({ votes: 0, excluded: { satisfied: 25 } });
    await command('votes', 'include', '--id', made.id, '--reason', '查明是误会');
    await until('the score', async () => (await row(6, '7d'))?.votes === 25);
    expect(await row(6, '7d')).toMatchObject({ excluded: null });
    await expectScoresEqualRecount(gateway);
    expect((await manyi(gateway.dataDir, 'check')).code).toBe(0);
  });

  it('sets votes to another time and back, and scores follow', async () => {
    const holder = await holderOf(7);
    const began = Date.now();
    await holder.votes(1, 4, () => Date.now());
    await until('the votes', async () => (await row(7, '60m'))?.votes === 4);
    const span = ['--terminal', 't-7', '--from', iso(began - MINUTE_MS), '--to', iso(began + MINUTE_MS)];
    const why = ['--reason', '时钟慢了两小时'];
    expect(await command('votes', 'redate', ...span, '--shift', '-7200', ...why)).toEqual({ redated: 4 });
    await until('the score', async () => (await row(7, '60m'))?.votes === 0);
    await expectScoresEqualRecount(gateway);
    const back = ['--terminal', 't-7', '--from', iso(began - 3 * 3_600_000), '--to', iso(began)];
    expect(await command('votes', 'redate', ...back, '--claimed', ...why)).toEqual({ redated: 4 });
    await until('the score', async () => (await row(7, '60m'))?.votes === 4);
    await expectScoresEqualRecount(gateway);
  });

  it('closes a journal, writes off what is lost or on its way, and takes it back; what comes all the same is there', async () => {
    const holder = await holderOf(8);
    await holder.hello(9, { journal: { first: 3, last: 9 } });
    await holder.send('votes', votesMessage([vote(3), vote(4)], { satisfied: 9 }));
    const expected = { state: 'lost', lost: 2, pending: 5 };
    await until('the evidence', async () => (await row(8))?.completeness.pending === 5);
    expect((await row(8))?.completeness).toMatchObject(expected);
    // What terminals say of their numbers is written down every few seconds.
    await until('it to be kept', async () => {
      const [journal] = await command('journal', 'list', '--terminal', 't-8');
      return journal.announced === 9;
    });
    const which = ['--terminal', 't-8', '--epoch', EPOCHS[0], '--reason', '卡坏了'];
    expect(await command('journal', 'write-off', ...which)).toMatchObject({ lost: 2, onItsWay: 5 });
    await until('the word', async () => (await row(8))?.completeness.state === 'complete');
    await holder.send('votes', votesMessage([vote(5)], { satisfied: 9 }));
    await until('the vote', async () => (await row(8, '7d'))?.votes === 3);
    expect((await row(8))?.completeness.state).toBe('complete');
    expect(await command('journal', 'expect', ...which)).toMatchObject({ expected: 6 });
    await until('the word', async () => (await row(8))?.completeness.lost === 2);
    expect((await row(8))?.completeness).toMatchObject({ state: 'lost', lost: 2, pending: 4 });

    expect(await command('journal', 'close', ...which)).toMatchObject({ closed: true });
    await until('the word', async () => (await row(8))?.completeness.state === 'complete');
    await holder.send('votes', votesMessage([vote(6)], { satisfied: 9 }));
    await until('the record', async () => (await quarantined('journal-closed')) === 1);
    expect((await row(8, '7d'))?.votes).toBe(3);
    expect(await command('journal', 'reopen', ...which)).toMatchObject({ closed: false });
    await until('the word', async () => (await row(8))?.completeness.held === 1);
    expect(await command('journal', 'list', '--terminal', 't-8')).toMatchObject([
      { epoch: EPOCHS[0], stored: 3, lost: 2, held: 1, closed: null },
    ]);
  });

  it('does the same over HTTP, where what is not written down yet is decided about, too', async () => {
    const post = async (path: string, body: object) => {
      const response = await gateway.fetch(`/api/v1${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
    const holder = await holderOf(5);
    await holder.votes(1, 60, () => Date.now(), EPOCHS[2]);
    await until('the ack', () => holder.acks.at(-1)?.upTo === 60);
    const held = (await row(5))?.completeness.held ?? 0;
    expect(held).toBeGreaterThan(0);
    const records = await gateway.getJson<{ seq: number; reason: string }[]>(
      '/api/v1/held?terminal=t-5&limit=1000',
    );
    expect(records).toHaveLength(held);
    expect(await gateway.getJson('/api/v1/held/summary')).toContainEqual(
      expect.objectContaining({ terminalId: 't-5', count: held }),
    );
    expect(await post('/held/decisions', { decision: 'dismiss', reason: 'x' })).toMatchObject({
      status: 400,
    });
    const which = { terminal: 't-5', reason: '孩子在按' };
    expect(await post('/held/decisions', { ...which, decision: 'dismiss' })).toMatchObject({
      status: 201,
      body: { dismissed: held },
    });
    expect((await row(5))?.completeness).toMatchObject({ state: 'complete', held: 0 });

    await holder.hello(64, {}, EPOCHS[2]);
    await until('what is on its way', async () => (await row(5))?.completeness.pending === 4);
    const journal = `/terminals/t-5/epochs/${EPOCHS[2]}/decisions`;
    expect(await post(journal, { decision: 'write-off', reason: '卡坏了' })).toMatchObject({
      body: { onItsWay: 4 },
    });
    expect((await row(5))?.completeness.state).toBe('complete');
    expect(await post(journal, { decision: 'expect', reason: '卡找到了' })).toMatchObject({
      body: { expected: 4 },
    });
    expect((await row(5))?.completeness).toMatchObject({ state: 'pending', pending: 4 });

    const span = { terminal: 't-5', from: Date.now() - DAY_MS, to: Date.now() + DAY_MS };
    const made = await post('/exclusions', { ...span, reason: '证书被盗' });
    expect(made).toMatchObject({ status: 201 });
    expect((await row(5, '7d'))?.votes).toBe(0);
    expect(await post(`/exclusions/${made.body.id}/end`, { reason: '误会' })).toMatchObject({ status: 201 });
    expect((await row(5, '7d'))?.votes).toBeGreaterThan(100);
    const again = await post(`/exclusions/${made.body.id}/end`, { reason: '误会' });
    expect(again).toMatchObject({ status: 409, body: { error: { code: 'exclusion-ended' } } });
    expect(await post('/redatings', { ...span, reason: 'x' })).toMatchObject({ status: 400 });
    expect(await post('/redatings', { ...span, claimed: true, reason: 'x' })).toMatchObject({
      body: { redated: 0 },
    });
    const nobody = await post('/exclusions', { ...span, terminal: 'nobody', reason: 'x' });
    expect(nobody).toMatchObject({ status: 404, body: { error: { code: 'terminal-unknown' } } });
    await expectScoresEqualRecount(gateway);
  });

  it('is in the audit with each of it, and the audit holds', async () => {
    const actions = (await gateway.getJson<{ action: string }[]>('/api/v1/audit?limit=200')).map(
      ({ action }) => action,
    );
    for (const action of [
      'held.release',
      'held.dismiss',
      'held.reconsider',
      'votes.exclude',
      'votes.include',
      'votes.redate',
      'journal.close',
      'journal.reopen',
      'journal.write-off',
      'journal.expect-again',
    ])
      expect(actions).toContain(action);
    expect((await manyi(gateway.dataDir, 'audit', 'verify')).code).toBe(0);
  });

  it('is told what is not there', async () => {
    const why = ['--reason', 'x'];
    const span = ['--from', '2026-01-01T00:00:00Z', '--to', '2026-01-02T00:00:00Z'];
    for (const [code, ...args] of [
      ['terminal-unknown', 'votes', 'exclude', '--terminal', 'nobody', ...span, ...why],
      ['exclusion-unknown', 'votes', 'include', '--id', 'x-1', ...why],
      ['journal-unknown', 'journal', 'close', '--terminal', 't-1', '--epoch', 'no', ...why],
    ] as [string, ...string[]][]) {
      const { code: status, err } = await manyi(gateway.dataDir, ...args);
      expect(err).toContain(code);
      expect(status).toBe(1);
    }
    expect((await manyi(gateway.dataDir, 'quarantine', 'release', ...why)).err).toContain('--all');
  });
});
