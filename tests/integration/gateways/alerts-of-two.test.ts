/** Alerts where two gateways watch the same: each is opened once and told once, and whichever is left goes on. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AlertItem } from '../../../protocol/alert.ts';
import type { LiveAlerts } from '../../../protocol/live.ts';
import { addLink } from '../../support/client.ts';
import { startGateway, type TerminalLogin, type TestGateway } from '../../support/gateway.ts';
import { type LiveClient, listenLive } from '../../support/live-client.ts';
import { vote, votesMessage } from '../../support/messages.ts';
import { publish } from '../../support/mosquitto.ts';
import { type Cluster, POSTGRES, startCluster } from '../../support/postgres.ts';
import { have } from '../../support/prerequisites.ts';
import { until } from '../../support/wait.ts';

describe.skipIf(!have(POSTGRES))('two gateways that watch the same', () => {
  let cluster: Cluster;
  let [one, other] = [] as unknown as [TestGateway, TestGateway];
  let login: TerminalLogin;
  const heard: { id: string; event: string; alert: AlertItem }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (text) => {
      body += text;
    });
    request.on('end', () => {
      heard.push(JSON.parse(body));
      response.writeHead(204).end();
    });
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cluster = await startCluster();
    const database = cluster.primary.address(await cluster.createDatabase());
    const env = { MANYI_WEBHOOK_NETWORKS: '127.0.0.1' };
    one = await startGateway({ database, env });
    other = await startGateway({ database, env });
    await one.add((org) => {
      org.unit('hall', '政务服务大厅');
      org.window('w1', 'hall', '社保综合窗口1');
      login = org.terminal('t-1', 'w1');
    });
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    await send(one, '/alert-targets', { channel: 'webhook', name: '值班', address, kinds: ['unsatisfied'] });
    const settings = { unsatisfied: { closesAfterMinutes: 600, isUrgent: true } };
    target = (await one.getJson<{ id: string }[]>('/api/v1/alert-targets'))[0]?.id ?? '';
    await send(one, '/alert-rules', { settings, reason: 'test' });
  }, 120_000);
  afterAll(async () => {
    await Promise.all([one?.dispose(), other?.dispose()]);
    await cluster?.dispose();
    server.close();
  });

  const send = async (gateway: TestGateway, path: string, body: object) =>
    expect((await gateway.send('POST', `/api/v1${path}`, body)).ok, path).toBe(true);
  const open = async (gateway: TestGateway) =>
    (await gateway.getJson<{ alerts: AlertItem[] }>('/api/v1/alerts?kind=unsatisfied')).alerts;
  const statesOf = async (gateway: TestGateway) =>
    (await gateway.getJson<{ state: string }[]>(`/api/v1/alert-targets/${target}/deliveries`)).map(
      ({ state }) => state,
    );
  let target = '';
  let seq = 0;
  const START = Date.now() - 300_000;
  const press = async (gateway: TestGateway) => {
    seq += 1;
    const pressed = { ...vote(seq, 'unsatisfied'), at: START + seq * 1_000, mono: 10_000 + seq * 1_000 };
    const sent = await publish(gateway.mqttPort, login, 'manyi/v1/t-1/votes', votesMessage([pressed]));
    expect(sent.code).toBe(0);
  };
  const alertsOf = ({ messages }: LiveClient): LiveAlerts | undefined =>
    messages.flatMap((message) => (message.type === 'tick' && message.alerts ? message.alerts : [])).at(-1);
  const isAt = (live: LiveClient, { open: count, acknowledged }: Pick<LiveAlerts, 'open' | 'acknowledged'>) =>
    alertsOf(live)?.open === count && alertsOf(live)?.acknowledged === acknowledged;
  const told = (event: string) => heard.filter((one) => one.event === event).map(({ alert }) => alert.id);

  it('open it once, tell it once, and show at both within a second what is done at one', async () => {
    const both = [await listenLive(one), await listenLive(other)] as const;
    const link = await addLink(one, { kind: 'wall' });
    const screen = await listenLive({
      httpUrl: one.httpUrl,
      headers: async () => ({ authorization: `Bearer ${link.token}` }),
    });
    await until('what there is', () => both.every((live) => alertsOf(live)?.open === 0));
    await press(one);
    await until('the alert at both', () => both.every((live) => alertsOf(live)?.open === 1));
    const [alert] = await open(other);
    expect(alertsOf(both[1])?.first).toMatchObject([
      { id: alert?.id, kind: 'unsatisfied', name: '社保综合窗口1', unitId: 'hall', isUrgent: true, times: 1 },
    ]);
    await until('the word of it', () => heard.length > 0);
    await press(other);
    await until('the same again at both', () => both.every((live) => alertsOf(live)?.first[0]?.times === 2));

    for (const [path, body, state] of [
      ['acknowledge', {}, { open: 0, acknowledged: 1 }],
      ['close', { reason: 'done' }, { open: 0, acknowledged: 0 }],
    ] as const) {
      await send(one, `/alerts/${alert?.id}/${path}`, body);
      for (const live of both) await until(path, () => isAt(live, state), { timeoutMs: 1_000 });
    }
    await until('the word of its end', () => told('alert.closed').length > 0);
    expect([told('alert.opened'), told('alert.closed')]).toEqual([[alert?.id], [alert?.id]]);
    expect((await one.getJson<{ alerts: AlertItem[] }>('/api/v1/alerts?state=all')).alerts).toHaveLength(1);
    expect(screen.messages.some((message) => message.type === 'tick' && message.alerts)).toBe(false);
    for (const live of [...both, screen]) live.close();
  });

  it('go on when either has died, with the same alert and the same queue', async () => {
    for (const [dead, left] of [
      [one, other],
      [other, one],
    ] as const) {
      const before = told('alert.opened').length;
      // One that is killed before it has noted what it has sent has it sent again, by its id.
      await until('all to be noted', async () => (await statesOf(left)).every((state) => state === 'sent'));
      await dead.kill();
      await press(left);
      const [alert] = await until(
        'the alert',
        async () => {
          const found = await open(left);
          return found.length === 1 ? found : undefined;
        },
        { timeoutMs: 30_000 },
      );
      await until('the word of it', () => told('alert.opened').length > before, { timeoutMs: 30_000 });
      await dead.start();
      await press(dead);
      await until('the same again', async () => (await open(dead))[0]?.times === 2, { timeoutMs: 30_000 });
      expect(told('alert.opened').slice(before)).toEqual([alert?.id]);
      await send(dead, `/alerts/${alert?.id}/close`, { reason: 'done' });
      await until('the word of its end', () => told('alert.closed').includes(alert?.id as string), {
        timeoutMs: 30_000,
      });
    }
    expect(new Set(heard.map(({ id }) => id)).size).toBe(heard.length);
    expect(told('alert.opened')).toHaveLength(3);
  });
});
