/** The gateway as its peers meet it: Mosquitto's own client on MQTT, HTTP, the live stream, and a restart. */
import mqtt from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TerminalLogin, type TestGateway } from '../../support/gateway.ts';
import { listenLive } from '../../support/live-client.ts';
import { EPOCH, hello, vote, votesMessage } from '../../support/messages.ts';
import { publish, request, subscribe } from '../../support/mosquitto.ts';
import { mqttLogin } from '../../support/mqtt-login.ts';
import { openSocket } from '../../support/raw-mqtt.ts';
import { until } from '../../support/wait.ts';

let gateway: TestGateway;
let terminals: TerminalLogin[];

beforeAll(async () => {
  gateway = await startGateway();
  await gateway.add((org) => {
    org.unit('city', '云岭市');
    org.unit('hall', '政务服务大厅', 'city');
    terminals = ['w1', 'w2', 'w3', 'w4', 'w5', 'w6'].map((id, index) => {
      org.window(id, 'hall', `社保综合窗口${index + 1}`);
      return org.terminal(`t-${index + 1}`, id);
    });
  });
  await until(
    'the tree to be known',
    async () => (await gateway.getJson<unknown[]>('/api/v1/windows')).length === 6,
  );
});
afterAll(() => gateway.dispose());

const terminal = (number: number) => terminals[number - 1] as TerminalLogin;
const topic = (number: number, kind: string) => `manyi/v1/t-${number}/${kind}`;
const send = (number: number, kind: string, payload: string, more: string[] = []) =>
  publish(gateway.mqttPort, terminal(number), topic(number, kind), payload, more);
const row = async (id: string) => (await gateway.scores()).find((one) => one.id === id);
const counter = async (name: string) => {
  const text = await (await gateway.fetch('/metrics')).text();
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return Number(line?.split(' ').at(-1) ?? 0);
};
const quarantined = (reason: string) => counter(`manyi_quarantined_total{reason="${reason}"}`);

describe('a vote from a client that is not ours', () => {
  it('is stored once, scored at every level, acked, and shown live within a second', async () => {
    const live = await listenLive(gateway);
    await live.snapshot();
    const acks = subscribe(gateway.mqttPort, terminal(1), [topic(1, 'ack'), 'manyi/v1/gateway/status'], 1, 5);
    const [status] = (await acks).out.trim().split('\n');
    expect(status).toMatch(/^manyi\/v1\/gateway\/status \{"online":true/);

    const begun = performance.now();
    const message = votesMessage([vote(1), vote(2, 'unsatisfied')]);
    expect((await send(1, 'votes', message)).code).toBe(0);
    await until('the live row', () => live.window('w1')?.votes === 2, { timeoutMs: 1_000 });
    expect(performance.now() - begun).toBeLessThan(1_000);
    expect(live.unit('city')).toMatchObject({ votes: 2, rate: 0.5, index: 50 });
    expect(live.ticker().map(({ windowId, rating }) => [windowId, rating])).toEqual([
      ['w1', 'unsatisfied'],
      ['w1', 'satisfied'],
    ]);

    expect((await send(1, 'votes', message)).code).toBe(0);
    await until(
      'the duplicates to be counted',
      async () => (await counter('manyi_votes_duplicate_total')) === 2,
    );
    for (const id of ['w1', 'hall', 'city'])
      expect(await row(id)).toMatchObject({
        votes: 2,
        counts: { satisfied: 1, basically: 0, unsatisfied: 1 },
      });
    expect(await row('w1')).toMatchObject({
      path: ['云岭市', '政务服务大厅', '社保综合窗口1'],
      // It has gone again: what it takes meanwhile nobody can know.
      completeness: { state: 'unknown', since: expect.any(Number), pending: 0 },
    });
    live.close();
  });

  it('gets an ack after the commit, which says what is missing, and a hello gets one too', async () => {
    const ask = async (kind: string, payload: string) => {
      const { out } = await request(gateway.mqttPort, terminal(2), topic(2, kind), payload, topic(2, 'ack'));
      return JSON.parse(out);
    };
    const time = expect.any(Number);
    const ack = await ask('votes', votesMessage([vote(1), vote(4), vote(7)], { satisfied: 8 }));
    const missing = [
      [2, 3],
      [5, 6],
    ];
    expect(ack).toEqual({ epoch: EPOCH, upTo: 1, missing, time });
    expect(await row('w2')).toMatchObject({ votes: 3, completeness: { state: 'pending', pending: 5 } });
    const rest = votesMessage([vote(2), vote(3), vote(5), vote(6)], { satisfied: 8 });
    expect(await ask('votes', rest)).toMatchObject({ upTo: 7, missing: [] });
    expect(await ask('hello', hello(1, 8))).toMatchObject({ upTo: 7, missing: [] });
    expect(await row('w2')).toMatchObject({ votes: 7, completeness: { state: 'pending', pending: 1 } });
  });

  it('keeps its connection alive by votes alone', async () => {
    // Pings would come after 1 s; each publish puts them off, so that nothing but votes is heard for three keepalives.
    const client = mqtt.connect(`mqtts://127.0.0.1:${gateway.mqttPort}`, {
      ...mqttLogin(terminal(6)),
      ...{ keepalive: 1, reschedulePings: true },
    });
    let closed = false;
    client.on('close', () => {
      closed = true;
    });
    const begun = performance.now();
    const other = 'ef'.repeat(16);
    for (let seq = 1; performance.now() - begun < 3_500; seq++) {
      await client.publishAsync(topic(6, 'votes'), votesMessage([vote(seq)], { satisfied: seq }, other), {
        qos: 1,
      });
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(closed).toBe(false);
    await client.endAsync();
  });

  it('counts in the period in which it was pressed', async () => {
    const yesterday = Date.now() - 24 * 3_600_000;
    await send(3, 'votes', votesMessage([vote(1, 'basically', { at: yesterday }), vote(2)]));
    expect((await row('w3'))?.votes).toBe(1);
    const week = (await gateway.scores('7d')).find(({ id }) => id === 'w3');
    expect(week).toMatchObject({ votes: 2, rate: 1, index: 80 });
  });

  it('is on its way from the moment a hello announces it, and lost when the journal no longer has it', async () => {
    await send(4, 'hello', hello(1, 3));
    expect(await row('w4')).toMatchObject({ votes: 0, completeness: { state: 'pending', pending: 3 } });
    await send(4, 'votes', votesMessage([vote(3)], { satisfied: 3 }));
    await send(4, 'hello', hello(3, 3));
    expect(await row('w4')).toMatchObject({ votes: 1, completeness: { state: 'lost', lost: 2, pending: 0 } });
  });
});

describe('bad input', () => {
  it.each([
    ['json-invalid', 'votes', '{"epoch":'],
    ['schema-invalid', 'votes', '{}'],
    ['schema-invalid', 'hello', '{"epoch":1}'],
    ['schema-invalid', 'status', '{"online":"yes"}'],
    ['schema-invalid', 'health', '[]'],
    ['topic-unknown', 'nonsense', 'x'],
    ['topic-unknown', 'ack', '{}'],
    ['sequence-backwards', 'votes', votesMessage([vote(9), vote(8)])],
    ['payload-too-large', 'votes', ' '.repeat(16 * 1024 + 1)],
  ])('%s on %s is set aside, and answered at MQTT level', async (reason, kind, payload) => {
    const before = await quarantined(reason);
    expect((await send(5, kind, payload)).code).toBe(0);
    expect(await quarantined(reason)).toBe(before + 1);
  });

  it('costs no good neighbour its place, and is acked under its number', async () => {
    const bad = [
      { ...vote(2), rating: 'excellent' },
      vote(3, 'satisfied', { at: 0 }),
      vote(4, 'satisfied', { at: Date.parse('2100-01-01') }),
    ];
    await send(5, 'votes', votesMessage([vote(1), ...bad, vote(5)], { satisfied: 5 }));
    // Whatever the clocks say, a press is a press; one that nobody can read waits for a person.
    expect(await row('w5')).toMatchObject({
      votes: 4,
      completeness: { state: 'held', held: 1, pending: 0 },
    });
    expect(await quarantined('rating-unknown')).toBe(1);
  });

  it('raises a cloned card: the same number with another press', async () => {
    const before = (await row('w6'))?.votes ?? 0;
    await send(6, 'votes', votesMessage([vote(1, 'satisfied')]));
    await send(6, 'votes', votesMessage([vote(1, 'unsatisfied')]));
    expect(await quarantined('identity-conflict')).toBe(1);
    expect(await row('w6')).toMatchObject({ votes: before + 1 });
    await until('the alarm in the log', () => gateway.log().includes('cloned card'));
  });

  it('does not reach into another terminal', async () => {
    const before = await quarantined('topic-unknown');
    const votes = (await row('w6'))?.votes;
    await publish(gateway.mqttPort, terminal(5), topic(6, 'votes'), votesMessage([vote(50)]));
    expect(await quarantined('topic-unknown')).toBe(before + 1);
    expect((await row('w6'))?.votes).toBe(votes);
    const spied = await subscribe(gateway.mqttPort, terminal(5), ['#', topic(6, 'ack'), '$SYS/#'], 1, 1);
    expect(spied.out).toBe('');
    expect(spied.err).toMatch(/denied|rejected/i);
  });

  it.each([
    ['an unknown terminal', { id: 't-nobody' }, [], 5],
    ['the certificate of another terminal', { id: 't-4' }, [], 5],
    ['another client id than the user name', {}, ['-i', 't-2'], 2],
    ['a session that is to be kept', {}, ['-c'], 5],
    ['a keepalive beyond the limit', {}, ['-k', '3600'], 6],
  ])('%s is refused', async (_what, change, more, code) => {
    const { err, code: exit } = await publish(
      gateway.mqttPort,
      { ...terminal(5), ...change },
      topic(5, 'votes'),
      votesMessage([vote(99)]),
      more,
    );
    expect(exit).not.toBe(0);
    expect(err).toMatch(
      code === 6 ? /refused|unknown|error/i : /not authori[sz]ed|bad user|identifier|refused/i,
    );
  });

  it('cuts a packet that announces too much, before its body and before anyone signs in', async () => {
    const socket = openSocket(gateway.mqttPort, null);
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => {});
    socket.write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]));
    await closed;
    await until(
      'the refusal to be counted',
      async () => (await counter('manyi_mqtt_refused_total{reason="packet-too-large"}')) === 1,
    );
    expect(await row('city')).toBeDefined();
  });

  it.each([
    ['/api/v1/scores?period=year', 400, 'parameters-invalid'],
    ['/api/v1/scores?period=today&unit=nowhere', 404, 'unit-unknown'],
    ['/api/v1/scores', 400, 'parameters-invalid'],
    ['/api/v1/scores?period=today&extra=1', 400, 'parameters-invalid'],
    ['/api/v1/votes?from=5&to=1', 400, 'parameters-invalid'],
    ['/api/v1/votes?from=0&to=1&window=nowhere', 404, 'window-unknown'],
    ['/api/v1/votes?from=x&to=1', 400, 'parameters-invalid'],
    ['/api/v1/audit?limit=1e400', 400, 'parameters-invalid'],
    ['/api/v1/audit?before=1e400', 400, 'parameters-invalid'],
    ['/api/v1/votes?from=0&to=1e400', 400, 'parameters-invalid'],
    ['/api/v1/nothing', 404, 'route-unknown'],
    ['/wall/%2e%2e/%2e%2e/package.json', 404, 'route-unknown'],
  ])('%s is answered %i %s', async (path, status, code) => {
    const response = await gateway.fetch(path);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { code, message: expect.stringMatching(/\S/) } });
  });

  it('lets no foreign page listen, and no nonsense in', async () => {
    await expect(listenLive(gateway, { origin: 'http://evil.example' })).rejects.toThrow(/403/);
    const live = await listenLive(gateway, { origin: gateway.httpUrl });
    await live.snapshot();
    live.socket.send('{"type":"drop table"}');
    await until('the socket to be cut', () => live.socket.readyState === live.socket.CLOSED);
  });
});

describe('the live stream', () => {
  it('answers a resync with a snapshot', async () => {
    const live = await listenLive(gateway);
    await live.snapshot();
    live.socket.send('{"type":"resync"}');
    await until(
      'a second snapshot',
      () => live.messages.filter(({ type }) => type === 'snapshot').length === 2,
    );
    live.close();
  });

  it('shows a terminal that goes silent, since when, and that it comes back', async () => {
    const live = await listenLive(gateway);
    await live.snapshot();
    const listening = subscribe(gateway.mqttPort, terminal(3), [topic(3, 'ack')], 1, 1);
    await until('online', () => live.window('w3')?.terminals.online === 1);
    await listening;
    await until('offline', () => live.window('w3')?.terminals.offline === 1);
    expect(Date.now() - (live.window('w3')?.terminals.offlineSince ?? 0)).toBeLessThan(10_000);
    live.close();
  });

  it('takes in a window that is added while it runs', async () => {
    const live = await listenLive(gateway);
    await live.snapshot();
    await gateway.add((org) => void org.window('w7', 'hall', '新增窗口'));
    await until('the new window', () => live.window('w7')?.name === '新增窗口');
    live.close();
  });
});

describe('the export', () => {
  it('is every stored vote, as JSON and as CSV', async () => {
    const votes = await gateway.getJson<{ window: string; epoch: string; seq: number }[]>(
      '/api/v1/votes?from=0&to=9000000000000',
    );
    const stored = (await gateway.scores('month')).find(({ id }) => id === 'city');
    expect(votes.length).toBeGreaterThanOrEqual(stored?.votes ?? Number.NaN);
    expect(votes.find(({ window: id }) => id === 'w1')).toMatchObject({
      epoch: EPOCH,
      terminal: 't-1',
      clock: 'ntp',
      channel: 'button',
    });
    const csv = await (
      await gateway.fetch('/api/v1/votes?from=0&to=9000000000000&format=csv&window=w1')
    ).text();
    const [head, ...lines] = csv.trim().split('\r\n');
    expect(head).toBe(
      'window,windowName,terminal,epoch,seq,rating,at,atTime,clock,receivedAt,receivedAtTime,claimedAt,claimedAtTime,excluded,channel,verdict,origin,key',
    );
    // Read as UTF-8 text, the mark that Excel needs is gone.
    const cells = (lines[0] as string).split(',');
    expect([cells[0], ...cells.slice(-4)]).toEqual(['w1', 'button', 'counted', '', '']);
    expect(cells[7]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]{12}\+08:00$/);
    expect(Date.parse(cells[7] as string)).toBe(Number(cells[6]));
    expect(Date.parse(cells[10] as string)).toBe(Number(cells[9]));
    const bytes = new Uint8Array(
      await (await gateway.fetch('/api/v1/votes?from=0&to=9000000000000&format=csv&window=w1')).arrayBuffer(),
    );
    expect([...bytes.slice(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    expect(lines).toHaveLength(2);
    expect(await gateway.getJson('/api/v1/votes?from=0&to=1')).toEqual([]);
  });
});

describe('a restart', () => {
  it.each(['kill', 'stop'] as const)('by %s keeps every vote, score, total and time', async (end) => {
    const key = ({
      id,
      votes,
      counts,
      lastVoteAt,
      completeness,
    }: Awaited<ReturnType<TestGateway['scores']>>[number]) => ({
      id,
      votes,
      counts,
      lastVoteAt,
      lost: completeness.lost,
    });
    const before = (await gateway.scores('7d')).map(key);
    const hour = (await gateway.scores('60m')).map(key);
    await gateway[end]();
    await gateway.start();
    expect((await gateway.scores('7d')).map(key)).toEqual(before);
    expect((await gateway.scores('60m')).map(key)).toEqual(hour);
    const next = (before.find(({ id }) => id === 'w1')?.votes ?? 0) + 1;
    await send(1, 'votes', votesMessage([vote(next)]));
    expect((await row('w1'))?.votes).toBe(next);
  });
});

describe('readiness and description', () => {
  it('are served', async () => {
    expect(await gateway.getJson('/healthz')).toEqual({ status: 'ok' });
    expect(await gateway.getJson('/readyz')).toEqual({ ready: true, troubles: [], warnings: [] });
    const description = await gateway.getJson<{ paths: Record<string, unknown> }>('/api/docs/json');
    expect(Object.keys(description.paths)).toEqual(
      expect.arrayContaining([
        '/api/v1/scores',
        '/api/v1/units',
        '/api/v1/votes',
        '/api/v1/windows',
        '/healthz',
        '/metrics',
      ]),
    );
  });
});
