/** The latest votes are what is stored: a gateway that has just begun knows them too, and so does a stream that has. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openCounter, times } from '../../browser/counter.ts';
import { addLink, createLinkClient } from '../../support/client.ts';
import { startGateway, type TerminalLogin, type TestGateway } from '../../support/gateway.ts';
import { type Listener, listenLive } from '../../support/live-client.ts';
import { privacyOff } from '../../support/privacy-off.ts';
import { until } from '../../support/wait.ts';

/** Together more votes than the gateway keeps in memory. */
const LOUD = Array.from({ length: 24 }, (_, at) => `loud-${at + 1}`);

let gateway: TestGateway;
const logins = new Map<string, TerminalLogin>();

beforeAll(async () => {
  gateway = await startGateway();
  await gateway.add((org) => {
    org.unit('city', '云岭市');
    for (const hall of ['loud', 'quiet', 'mute']) org.unit(hall, `${hall}大厅`, 'city');
    for (const id of [...LOUD, 'quiet-1', 'mute-1']) {
      org.window(id, id.split('-')[0] as string, '综合窗口');
      logins.set(id, org.terminal(`t-${id}`, id));
    }
  });
  await privacyOff(gateway);
});
afterAll(() => gateway.dispose());

async function tickerOf(listener: Listener) {
  const live = await listenLive(listener);
  const { ticker } = await live.snapshot();
  return { live, ticker, where: ticker.map(({ windowId }) => windowId) };
}

it('is filled from the store at the start, for the city and for each unit, and goes on from there', async () => {
  const press = async (id: string, count: number) => {
    const counter = await openCounter(gateway.mqttPort, logins.get(id) as TerminalLogin);
    await counter.press(...times(count, 'satisfied'));
    await counter.leave();
  };
  await press('quiet-1', 3);
  for (const id of LOUD) await press(id, 50);
  const hall = async (unitId: string) => {
    const { token } = await addLink(gateway, { kind: 'wall', unitId });
    return createLinkClient(gateway, token);
  };
  const [loud, quiet, mute] = [await hall('loud'), await hall('quiet'), await hall('mute')];

  const fresh = async () => {
    const city = await tickerOf(gateway);
    expect(city.where).toHaveLength(30);
    expect(city.where.filter((id) => !id.startsWith('loud'))).toEqual([]);
    const ids = city.ticker.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => b - a));
    expect((await tickerOf(quiet)).where).toEqual(['quiet-1', 'quiet-1', 'quiet-1']);
    const one = await tickerOf(loud);
    expect(one.ticker.map(({ windowId, at }) => [windowId, at])).toEqual(
      city.ticker.map(({ windowId, at }) => [windowId, at]),
    );
    expect((await tickerOf(mute)).where).toEqual([]);
  };
  // What is acknowledged is told within a moment.
  const isTold = async () => {
    const { live, where } = await tickerOf(gateway);
    live.close();
    return where[0] === LOUD.at(-1);
  };
  await until('the last of them to be told', isTold);
  await fresh();
  await gateway.kill();
  await gateway.start();
  await fresh();

  const { live, ticker } = await tickerOf(quiet);
  await press('quiet-1', 1);
  await until('the fourth', () => live.ticker().length === 4);
  expect(live.ticker()[0]?.id).toBeGreaterThan(ticker[0]?.id ?? 0);
  expect(new Set(live.ticker().map(({ id }) => id)).size).toBe(4);
});
