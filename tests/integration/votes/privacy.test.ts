/** Votes come one at a time: the control centre sees each, and whoever is bound to the unit sees the same as before. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Scores } from '../../../protocol/score.ts';
import { openCounter } from '../../browser/counter.ts';
import { addAccount, addLink, createLinkClient, type TestClient } from '../../support/client.ts';
import { startGateway, type TerminalLogin, type TestGateway } from '../../support/gateway.ts';
import { listenLive } from '../../support/live-client.ts';
import { until } from '../../support/wait.ts';

let gateway: TestGateway;
let login: TerminalLogin;
let bound: TestClient[];

beforeAll(async () => {
  gateway = await startGateway();
  await gateway.add((org) => {
    org.unit('city', '云岭市');
    org.unit('hall', '政务服务大厅', 'city');
    org.window('desk', 'hall', '综合窗口');
    login = org.terminal('t-desk', 'desk');
  });
  await until('the tree', async () => (await gateway.scores()).length === 3);
  const manager = await addAccount(gateway, { name: 'chief', role: 'unit-manager', unitId: 'hall' });
  const { token } = await addLink(gateway, { kind: 'wall', unitId: 'hall' });
  bound = [manager, createLinkClient(gateway, token)];
});
afterAll(() => gateway?.dispose());

const PERIODS = ['today', '7d', 'month'];
/** All that is told of votes, over every period. */
const seenBy = (who: TestClient) =>
  Promise.all(
    PERIODS.map(async (period) => {
      const { figures, rows } = await who.getJson<Scores>(`/api/v1/scores?period=${period}`);
      const told = rows.map(({ terminals: _, completeness: __, ...row }) => row);
      return JSON.stringify({ revision: figures.revision, told });
    }),
  );
const cityVotes = async () => (await gateway.scores()).find(({ id }) => id === 'desk')?.votes;

it('in scores of every period, in the stream, in the export, and after a restart', async () => {
  const before = await Promise.all(bound.map(seenBy));
  const streams = await Promise.all(bound.map((who) => listenLive(who)));
  for (const live of streams) {
    const { steps, trend, ticker } = await live.snapshot();
    expect(steps).toMatchObject({ minutes: 30, leastVotes: 5 });
    expect([trend, ticker]).toEqual([[], []]);
  }
  for (const [nth, rating] of (['unsatisfied', 'satisfied', 'basically'] as const).entries()) {
    const counter = await openCounter(gateway.mqttPort, login);
    await counter.press(rating);
    await counter.leave();
    await until('the control centre to see it', async () => (await cityVotes()) === nth + 1);
    expect(await Promise.all(bound.map(seenBy))).toEqual(before);
  }
  for (const live of streams) {
    for (const message of live.messages) {
      if (message.type === 'tick') continue;
      for (const { counts, lastVoteAt, discounted } of [...message.units, ...message.windows])
        expect([counts, lastVoteAt, discounted]).toEqual([
          { satisfied: 0, basically: 0, unsatisfied: 0 },
          null,
          null,
        ]);
      expect([...message.trend, ...message.ticker]).toEqual([]);
    }
    live.close();
  }
  for (const who of bound) expect((await who.fetch('/api/v1/scores?period=60m')).status).toBe(403);
  expect((await (bound[0] as TestClient).fetch('/api/v1/votes?from=0&to=9000000000000')).status).toBe(403);

  await gateway.kill();
  await gateway.start();
  expect(await cityVotes()).toBe(3);
  const rowsOf = (texts: string[]) =>
    texts.map((text) => JSON.parse(text).told.map(({ votes }: { votes: number }) => votes));
  for (const who of bound) expect(rowsOf(await seenBy(who))).toEqual(PERIODS.map(() => [0, 0]));
});
