/** A system's votes at one of two gateways of one database: the other counts them at once, as it does every press. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AlertItem } from '../../../protocol/alert.ts';
import type { SourceAnswer } from '../../../protocol/source-votes.ts';
import { addLink, createLinkClient } from '../../support/client.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { type LiveClient, listenLive } from '../../support/live-client.ts';
import { type Cluster, POSTGRES, startCluster } from '../../support/postgres.ts';
import { have } from '../../support/prerequisites.ts';
import { until } from '../../support/wait.ts';

describe.skipIf(!have(POSTGRES))('votes of a source at two gateways', () => {
  let cluster: Cluster;
  let gateways: [TestGateway, TestGateway];
  let walls: [LiveClient, LiveClient];
  beforeAll(async () => {
    cluster = await startCluster();
    const database = cluster.primary.address(await cluster.createDatabase());
    const env = { MANYI_FIRST_RULES: 'default' };
    const first = await startGateway({ database, env });
    await first.add((org) => {
      org.unit('hall', '政务服务大厅');
      org.window('w1', 'hall', '社保综合窗口1');
      org.window('w2', 'hall', '社保综合窗口2');
    });
    const settings = { unsatisfied: { closesAfterMinutes: 600, isUrgent: true } };
    const ruled = await first.send('POST', '/api/v1/alert-rules', { settings, reason: '试用' });
    expect(ruled.ok, await ruled.clone().text()).toBe(true);
    gateways = [first, await startGateway({ database, env })];
    walls = [await listenLive(gateways[0]), await listenLive(gateways[1])];
    await Promise.all(walls.map((wall) => wall.snapshot()));
  }, 120_000);
  afterAll(async () => {
    for (const wall of walls ?? []) wall.close();
    await Promise.all((gateways ?? []).map((gateway) => gateway.dispose()));
    await cluster?.dispose();
  });

  it('are on the wall, in the scores and among the alerts of both, whichever has stored them', async () => {
    const { token } = await addLink(gateways[0], { kind: 'source', name: '短信平台' });
    const send = async (at: 0 | 1, window: string) => {
      const votes = ['satisfied', 'satisfied', 'unsatisfied'].map((rating, index) => ({
        ...{ key: `${window}-${index}`, window, channel: 'sms', rating, at: Date.now() - 1_000 },
      }));
      const answer = await createLinkClient(gateways[at], token).send('POST', '/api/v1/votes', { votes });
      expect(answer.status, await answer.clone().text()).toBe(200);
      expect(((await answer.json()) as SourceAnswer).votes.map(({ outcome }) => outcome)).toEqual(
        votes.map(() => 'stored'),
      );
    };
    await send(0, 'w1');
    await send(1, 'w2');
    const counts = { satisfied: 2, basically: 0, unsatisfied: 1 };
    for (const [at, wall] of walls.entries()) {
      await until(`the wall of gateway ${at + 1}`, () =>
        ['w1', 'w2'].every((id) => wall.window(id)?.votes === 3),
      );
      await until('their ticker', () => wall.ticker().length === 6);
      const rows = await (gateways[at] as TestGateway).scores();
      expect(rows.find(({ id }) => id === 'hall')).toMatchObject({ votes: 6 });
      expect(rows.find(({ id }) => id === 'w1')).toMatchObject({ votes: 3, counts });
      expect(rows.find(({ id }) => id === 'w2')).toMatchObject({ votes: 3, counts });
    }
    // One of them watches; of the two windows one is the other's.
    await until('the alerts', async () => {
      const path = '/api/v1/alerts?kind=unsatisfied';
      return (await gateways[1].getJson<{ alerts: AlertItem[] }>(path)).alerts.length === 2;
    });
    for (const gateway of gateways) expect(gateway.log()).not.toContain('"notice-unknown"');
  });
});
