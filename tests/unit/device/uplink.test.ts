import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Agent, type AgentDeps, createAgent } from '../../../device/agent.ts';
import { createBackoff } from '../../../device/backoff.ts';
import { createClock } from '../../../device/board/clock.ts';
import type { AgentConfig } from '../../../device/config.ts';
import { createCredentials } from '../../../device/identity/credentials.ts';
import type { IdentityStore } from '../../../device/identity/identity.ts';
import { openJournal } from '../../../device/journal/journal.ts';
import { silentLog } from '../../../device/log.ts';
import { createUplink } from '../../../device/uplink/uplink.ts';
import { topicOf } from '../../../protocol/topics.ts';
import { MAX_PAYLOAD_BYTES, MAX_VOTES_PER_MESSAGE, RATINGS } from '../../../protocol/vote.ts';
import { type HostileGateway, startHostileGateway, until } from './hostile-gateway.ts';

const terminalId = 'test-terminal';
let folder: string;
let gateway: HostileGateway;
let agent: Agent;
let identity: IdentityStore;
let thanked = 0;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'manyi-uplink-'));
  gateway = await startHostileGateway();
  identity = await gateway.identityOf(terminalId);
  thanked = 0;
});
afterEach(async () => {
  await agent.stop();
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
});

function makeAgent(deps: AgentDeps = {}, config: Partial<AgentConfig> = {}): Agent {
  const settings: AgentConfig = {
    terminalId,
    identityFolder: folder,
    gatewayUrl: gateway.url,
    journalPath: join(folder, 'journal.db'),
    inputs: [],
    language: 'zh',
    healthIntervalS: 60,
    keepAckedDays: 7,
    ...config,
  };
  const uplink = { backoff: createBackoff({ baseMs: 10, capMs: 60, floorMs: 5 }), resendMs: 60 };
  agent = createAgent(settings, { identity, uplink, onThanked: () => (thanked += 1), ...deps });
  return agent;
}
const press = (count: number) => {
  for (let n = 0; n < count; n += 1) agent.press(RATINGS[n % 3]!);
};
const allAcked = () => until(() => agent.state().acked === thanked, `${thanked} votes acked`);
const expectStoredIsThanked = () => {
  expect(gateway.conflicts).toEqual([]);
  expect(gateway.seqsOf(agent.state().epoch).size).toBe(thanked);
};

describe('with a gateway that behaves', () => {
  it('says online, then hello, then votes, in messages within the limits and with totals', async () => {
    await gateway.setOnline(true);
    // With the product's own patience: here nothing has a reason to be sent twice.
    await makeAgent({ uplink: {} }).start();
    await until(() => agent.state().gatewayOnline, 'gateway seen');
    press(300);
    await allAcked();
    expectStoredIsThanked();
    const kinds = gateway.published.map(({ topic }) => topic.split('/').at(-1));
    expect(kinds.indexOf('status')).toBeLessThan(kinds.indexOf('hello'));
    expect(kinds.indexOf('hello')).toBeLessThan(kinds.indexOf('votes'));
    for (const message of gateway.messages) {
      expect(message.votes.length).toBeLessThanOrEqual(MAX_VOTES_PER_MESSAGE);
      expect(JSON.stringify(message).length).toBeLessThan(MAX_PAYLOAD_BYTES);
    }
    expect(gateway.messages.at(-1)?.totals).toEqual({ satisfied: 100, basically: 100, unsatisfied: 100 });
    expect(agent.state().resent).toBe(0);
  });

  it('takes presses while nothing is there, and sends them when it comes', async () => {
    await makeAgent().start();
    await until(() => agent.state().connected, 'connected');
    press(70);
    expect(gateway.messages).toEqual([]);
    await gateway.setOnline(true);
    await allAcked();
    expectStoredIsThanked();
  });

  it('says hello again to a new gateway instance behind the same broker', async () => {
    await gateway.setOnline(true, 'first');
    await makeAgent().start();
    await until(() => gateway.hellos.length === 1 && agent.state().gatewayOnline, 'first hello');
    await gateway.setOnline(false, 'first');
    await until(() => !agent.state().gatewayOnline, 'gateway away');
    press(3);
    expect(gateway.messages).toEqual([]);
    await gateway.setOnline(true, 'second');
    await allAcked();
    expect(gateway.hellos).toHaveLength(2);
  });

  it('says offline when it is stopped, and by its will when it is cut', async () => {
    await gateway.setOnline(true);
    await makeAgent().start();
    await until(() => agent.state().connected, 'connected');
    gateway.cutAll();
    const statuses = () =>
      gateway.published
        .filter(({ topic }) => topic === topicOf(terminalId, 'status'))
        .map(({ payload }) => JSON.parse(payload) as { online: boolean; connection: string });
    await until(() => statuses().length >= 3, 'online, will, online');
    await until(() => agent.state().connected, 'back');
    await agent.stop();
    await until(() => statuses().at(-1)?.online === false, 'goodbye');
    const of = (online: boolean) => statuses().filter((status) => status.online === online);
    expect(new Set(of(true).map(({ connection }) => connection)).size).toBe(2);
    expect(of(false).map(({ connection }) => connection)).toEqual(
      of(true).map(({ connection }) => connection),
    );
  });
});

describe('with a gateway that does not', () => {
  it('sends again what was taken and never acked', async () => {
    await gateway.setOnline(true);
    let silent = 4;
    gateway.manners.answer = (honest) => (silent-- > 0 ? null : honest);
    await makeAgent().start();
    press(5);
    await allAcked();
    expectStoredIsThanked();
    expect(agent.state().resent).toBeGreaterThan(0);
  });

  it('does not take a PUBACK for storage', async () => {
    await gateway.setOnline(true);
    let forgotten = 0;
    gateway.manners.store = () => forgotten++ >= 3;
    await makeAgent().start();
    press(200);
    await allAcked();
    expectStoredIsThanked();
  });

  it('closes the holes that it is asked for', async () => {
    await gateway.setOnline(true);
    let n = 0;
    gateway.manners.store = () => n++ % 2 === 0;
    await makeAgent().start();
    press(500);
    await allAcked();
    expectStoredIsThanked();
  });

  it('goes back when acks go back: a gateway restored from a backup', async () => {
    await gateway.setOnline(true, 'first');
    await makeAgent().start();
    press(150);
    await allAcked();
    for (const key of [...gateway.stored.keys()].slice(40)) gateway.stored.delete(key);
    await gateway.setOnline(true, 'restored');
    await until(() => gateway.stored.size === thanked, 'all votes stored again');
    await allAcked();
    expectStoredIsThanked();
  });

  it('bears acks that jump back and forth', async () => {
    await gateway.setOnline(true);
    let n = 0;
    gateway.manners.answer = (honest) => {
      n += 1;
      return n % 3 === 0 && n < 40 ? { ...honest, upTo: Math.floor(honest.upTo / 2), missing: [] } : honest;
    };
    await makeAgent().start();
    for (let burst = 0; burst < 20; burst += 1) {
      press(10);
      await until(() => gateway.seqsOf(agent.state().epoch).size === thanked, 'burst stored');
    }
    await allAcked();
    expectStoredIsThanked();
    expect(gateway.messages.length).toBeLessThan(400);
  });

  it('survives a connection that breaks in the middle of every window', async () => {
    await gateway.setOnline(true);
    let n = 0;
    gateway.manners.store = () => {
      n += 1;
      if (n % 3 === 0 && n < 30) gateway.cutAll();
      return n % 3 !== 0;
    };
    await makeAgent().start();
    press(1_000);
    await allAcked();
    expectStoredIsThanked();
    expect(gateway.hellos.length).toBeGreaterThan(3);
  });

  it('ignores and counts what makes no sense', async () => {
    await gateway.setOnline(true);
    await makeAgent().start();
    await until(() => agent.state().gatewayOnline, 'gateway seen');
    const ackTopic = topicOf(terminalId, 'ack');
    const { epoch } = agent.state();
    const time = Date.now();
    const nonsense = [
      '{',
      'null',
      { epoch, upTo: -1, missing: [], time },
      { epoch, upTo: 0, missing: [[0, 5]], time },
      { epoch: 'f'.repeat(32), upTo: 3, missing: [], time },
      { epoch, upTo: 0, missing: [], time, more: 1 },
      `{"epoch":"${epoch}","upTo":1e400,"missing":[],"time":${time}}`,
    ];
    for (const payload of nonsense) await gateway.publish(ackTopic, payload);
    await gateway.publish(ackTopic, {
      epoch,
      upTo: 0,
      missing: [
        [5, 2],
        [7, 9],
      ],
      time,
    });
    await until(() => agent.state().rejected === nonsense.length, 'all rejected');
    press(4);
    await allAcked();
    expectStoredIsThanked();
  });

  it('backs off from a refusal, says so, and comes in when it is admitted', async () => {
    gateway.manners.admit = false;
    await gateway.setOnline(true);
    const warnings: object[] = [];
    const quiet = () => {};
    const log = {
      debug: quiet,
      info: quiet,
      error: quiet,
      warn: (fields: object) => void warnings.push(fields),
    };
    await makeAgent({ log }).start();
    await until(() => warnings.length > 0, 'a complaint');
    expect(warnings[0]).toMatchObject({ code: 'gateway-refused' });
    press(2);
    gateway.manners.admit = true;
    await allAcked();
    expectStoredIsThanked();
  });

  it('begins a new epoch when the gateway knows more than this journal: an old copy of the card', async () => {
    await gateway.setOnline(true);
    await makeAgent().start();
    press(5);
    await allAcked();
    const { epoch } = agent.state();
    gateway.manners.answer = (honest) => (honest.epoch === epoch ? { ...honest, upTo: 90 } : honest);
    press(1);
    await until(() => agent.state().epoch !== epoch, 'a new epoch');
    press(2);
    await until(() => agent.state().acked === 2, 'two votes of the new epoch acked');
    expect(gateway.seqsOf(epoch).size).toBe(6);
  });
});

describe('with a gateway that asks for what is gone', () => {
  it('says hello once more, so that it can be called lost, and then lets it ask', async () => {
    const path = join(folder, 'journal.db');
    const journal = openJournal({ path });
    const clock = createClock();
    const uplink = createUplink({
      ...{ terminalId, gatewayUrl: gateway.url, journal, clock, log: silentLog },
      credentials: createCredentials({
        ...{ terminalId, gatewayUrl: gateway.url, enrolmentCode: null, store: identity, log: silentLog },
      }),
      about: { version: 'test', inputs: [] },
      backoff: createBackoff({ baseMs: 10, capMs: 60, floorMs: 5 }),
      resendMs: 5_000,
    });
    makeAgent();
    await gateway.setOnline(true);
    for (let n = 0; n < 60; n += 1)
      journal.append({ rating: 'satisfied', at: 1_000 + n, clock: 'ntp', boot: 'b', mono: n });
    uplink.start();
    await until(() => journal.acked === 60, 'everything acked');
    const mine = () => gateway.hellos.filter(({ epoch }) => epoch === journal.epoch);
    expect(mine()).toHaveLength(1);
    // As after a week, within one session; and then the gateway loses what it had.
    expect(journal.prune(1_040)).toBe(40);
    for (const key of [...gateway.stored.keys()].slice(20)) gateway.stored.delete(key);
    const ask = () =>
      gateway.publish(topicOf(terminalId, 'ack'), {
        ...{ epoch: journal.epoch, upTo: 20, missing: [], time: Date.now() },
      });
    await ask();
    await until(() => mine().length === 2, 'a second hello');
    expect(mine().at(-1)?.journal).toEqual({ first: 41, last: 60 });
    await until(() => gateway.seqsOf(journal.epoch).size === 40, 'what is kept, again');
    for (let n = 0; n < 3; n += 1) await ask();
    journal.append({ rating: 'satisfied', at: 2_000, clock: 'ntp', boot: 'b', mono: 99 });
    uplink.pump();
    await until(() => gateway.seqsOf(journal.epoch).has(61), 'the next vote');
    expect(mine()).toHaveLength(2);
    await uplink.stop();
    journal.close();
  });
});

describe('time', () => {
  it('dates presses from before the first ack by the time in it', async () => {
    const wallIn1970 = 5_000;
    const clock = createClock({
      bootId: 'boot-x',
      monoMs: () => performance.now(),
      wallMs: () => wallIn1970,
      isSynchronised: async () => false,
    });
    gateway.manners.store = () => gateway.messages.length > 1;
    await makeAgent({ clock }).start();
    press(3);
    const pressedAt = Date.now();
    await gateway.setOnline(true);
    await allAcked();
    for (const vote of gateway.stored.values()) {
      expect(vote.clock).toBe('gateway');
      expect(Math.abs(vote.at - pressedAt)).toBeLessThan(2_000);
    }
  });
});
