/** Alerts on the stream of whoever is bound to a unit: those of their own part of the tree, and nothing of what rests on votes while these are shown in steps. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSqliteStore, databaseFile } from '../../../gateway/store/sqlite/sqlite-store.ts';
import type { AlertItem } from '../../../protocol/alert.ts';
import type { LiveAlerts } from '../../../protocol/live.ts';
import { openCounter } from '../../browser/counter.ts';
import { addAccount, addLink, type TestClient } from '../../support/client.ts';
import { startGateway, type TerminalLogin, type TestGateway } from '../../support/gateway.ts';
import { batchOf } from '../../support/ledger-home.ts';
import { type Listener, type LiveClient, listenLive } from '../../support/live-client.ts';
import { until } from '../../support/wait.ts';

let gateway: TestGateway;
let login: TerminalLogin;
let managers: Record<'chief' | 'west', TestClient>;
let listeners: Record<'chief' | 'screen' | 'west' | 'westScreen' | 'cityScreen', Listener>;

beforeAll(async () => {
  gateway = await startGateway();
  await gateway.add((org) => {
    org.unit('city', '云岭市');
    org.unit('east', '东区', 'city');
    org.unit('hall', '东区大厅', 'east');
    org.unit('west', '西区', 'city');
    org.window('w1', 'hall', '东一号');
    org.window('w3', 'west', '西三号');
    login = org.terminal('t-1', 'w1');
    org.terminal('t-3', 'w3');
  });
  await until('the tree', async () => (await gateway.scores()).length === 6);
  // Held for two days: somebody has to decide, in the hall and in the west.
  await gateway.stop();
  const store = createSqliteStore({ file: databaseFile(gateway.dataDir) });
  const receivedAt = Date.now() - 48 * 3_600_000;
  for (const { key: terminalKey } of await store.org.terminals()) {
    const { key: journalKey } = await store.ledger.openJournal(terminalKey, 'ef'.repeat(16));
    const held = {
      receivedAt,
      reason: 'too-fast',
      terminalKey,
      topic: 't',
      payload: '1',
      journalKey,
      seq: 1,
    };
    await store.ledger.commit(batchOf({ quarantine: [held] }));
  }
  store.close();
  await gateway.start();
  const link = async (unitId: string | null) => {
    const { token } = await addLink(gateway, { kind: 'wall', ...(unitId !== null && { unitId }) });
    return {
      httpUrl: gateway.httpUrl,
      headers: async () => ({ authorization: `Bearer ${token}` }),
    };
  };
  managers = {
    chief: await addAccount(gateway, { name: 'chief', role: 'unit-manager', unitId: 'east' }),
    west: await addAccount(gateway, { name: 'wei', role: 'unit-manager', unitId: 'west' }),
  };
  listeners = {
    chief: managers.chief,
    screen: await link('east'),
    west: managers.west,
    westScreen: await link('west'),
    cityScreen: await link(null),
  };
}, 60_000);
afterAll(() => gateway?.dispose());

const told = ({ messages }: LiveClient): LiveAlerts[] =>
  messages.flatMap((message) => (message.type === 'tick' && message.alerts ? message.alerts : []));
const last = (live: LiveClient) => told(live).at(-1);
const shown = (live: LiveClient) =>
  last(live)?.first.map(({ kind, node, unitId, state }) => [kind, node, unitId, state].join(' '));
const post = async (path: string, body: object) =>
  expect((await gateway.send('POST', `/api/v1${path}`, body)).ok, path).toBe(true);

it('are those of the unit and what is below it, and never another unit’s or what rests on votes', async () => {
  const admin = await listenLive(gateway);
  const names = ['chief', 'screen', 'west', 'westScreen', 'cityScreen'] as const;
  const lives = await Promise.all(names.map((name) => listenLive(listeners[name])));
  const [chief, screen, west, westScreen, cityScreen] = lives as [
    ...[LiveClient, LiveClient, LiveClient, LiveClient, LiveClient],
  ];
  const [east, wests] = [
    [chief, screen],
    [west, westScreen],
  ];
  const bound = [...east, ...wests];
  await until('what waits for a person', () => last(admin)?.open === 2, { timeoutMs: 15_000 });
  const ofHall = 'review-waiting unit:hall hall';
  for (const live of east) await until('that of the hall', () => shown(live)?.[0] === `${ofHall} open`);
  for (const live of wests)
    await until('that of the west', () => shown(live)?.[0] === 'review-waiting unit:west west open');
  for (const live of bound) expect(last(live)).toMatchObject({ open: 1, acknowledged: 0 });
  expect(last(chief)?.first[0]?.name).toBe('东区大厅');

  // A citizen's vote is an alert for the whole city, and at the counter not even a number or a message.
  await post('/alert-rules', {
    ...{ unit: 'east', reason: 'test' },
    settings: { unsatisfied: { closesAfterMinutes: 60, isUrgent: true } },
  });
  const before = bound.map((live) => told(live).length);
  const counter = await openCounter(gateway.mqttPort, login);
  await counter.press('unsatisfied');
  await counter.leave();
  await until('the alert', () => last(admin)?.open === 3);
  const { alerts } = await gateway.getJson<{ alerts: AlertItem[] }>('/api/v1/alerts');
  const idOf = (text: string) => alerts.find(({ kind, node }) => `${kind} ${node}` === text)?.id ?? '';
  await post(`/alerts/${idOf('unsatisfied window:w1')}/acknowledge`, {});
  await until('that it is seen to', () => last(admin)?.acknowledged === 1);
  // What is told next is what comes after it.
  await post(`/alerts/${idOf('review-waiting unit:hall')}/acknowledge`, {});
  for (const live of east)
    await until('that somebody decides', () => shown(live)?.[0] === `${ofHall} acknowledged`);
  expect(bound.map((live, at) => told(live).length - (before[at] as number))).toEqual([1, 1, 0, 0]);
  for (const live of east) expect(last(live)).toMatchObject({ open: 0, acknowledged: 1 });
  for (const live of bound)
    expect(told(live).every(({ first }) => first.every(({ kind }) => kind === 'review-waiting'))).toBe(true);
  for (const live of east) expect(JSON.stringify(told(live))).not.toMatch(/west|西|w3/);
  for (const live of wests) expect(JSON.stringify(told(live))).not.toMatch(/east|hall|东|w1/);
  expect(told(cityScreen)).toEqual([]);

  // Where votes are shown as they come, so are alerts of them: to whoever comes anew, as everybody who is there has to.
  await post('/privacy', { unit: 'east', settings: { isOn: false }, reason: '大厅无人旁观' });
  for (const live of east) await until('another view', () => live.socket.readyState === live.socket.CLOSED);
  const again = await listenLive(listeners.chief);
  await until('the alert of the vote', () => last(again)?.acknowledged === 2);
  expect(shown(again)?.toSorted()).toEqual([
    `${ofHall} acknowledged`,
    'unsatisfied window:w1 hall acknowledged',
  ]);
  expect(wests.map((live) => live.socket.readyState === live.socket.OPEN)).toEqual([true, true]);

  // Over HTTP too it goes with its window: who has it no more could count votes by it, and who has it now is shown them in steps.
  const path = `/api/v1/alerts/${idOf('unsatisfied window:w1')}`;
  const asked = async ({ getJson, fetch }: TestClient) => {
    const { alerts } = await getJson<{ alerts: AlertItem[] }>('/api/v1/alerts');
    return [alerts.map(({ kind, unitId }) => `${kind} ${unitId}`), (await fetch(path)).status];
  };
  expect(await asked(managers.chief)).toEqual([['unsatisfied hall', 'review-waiting hall'], 200]);
  expect((await gateway.send('PATCH', '/api/v1/windows/w1', { unitId: 'west' })).status).toBe(200);
  expect(await asked(managers.chief)).toEqual([['review-waiting hall'], 404]);
  expect(await asked(managers.west)).toEqual([['review-waiting west'], 404]);
  expect((await gateway.fetch(path)).status).toBe(200);
  for (const live of [admin, again, ...lives]) live.close();
});
