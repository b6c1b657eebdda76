/** Scores of what came by one channel, at a real gateway: together they are the scores of all, and nobody at a counter is told them. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHANNELS } from '../../../protocol/channel.ts';
import type { Scores } from '../../../protocol/score.ts';
import type { Counts } from '../../../protocol/vote.ts';
import { openCounter } from '../../browser/counter.ts';
import { addAccount, addLink, createLinkClient, type TestClient } from '../../support/client.ts';
import { startGateway, type TerminalLogin, type TestGateway } from '../../support/gateway.ts';
import { until } from '../../support/wait.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
  let login: TerminalLogin | undefined;
  await gateway.add((org) => {
    org.unit('city', '云岭市');
    org.unit('hall', '政务服务大厅', 'city');
    org.window('w1', 'hall', '一号');
    org.window('w2', 'city', '二号');
    login = org.terminal('t-1', 'w1');
  });
  await until('the tree', async () => (await gateway.scores()).length === 4);
  const { token } = await addLink(gateway, { kind: 'source', name: '短信平台' });
  const at = Date.now() - 1_000;
  const votes = [
    { key: 'a', window: 'w1', channel: 'sms', rating: 'satisfied', at },
    { key: 'b', window: 'w1', channel: 'sms', rating: 'unsatisfied', at },
    { key: 'c', window: 'w2', channel: 'phone', rating: 'satisfied', at },
    { key: 'd', window: 'w2', channel: 'sms', rating: 'satisfied', at, imputed: true },
  ];
  const sent = await createLinkClient(gateway, token).send('POST', '/api/v1/votes', { votes });
  expect(sent.status).toBe(200);
  const counter = await openCounter(gateway.mqttPort, login as TerminalLogin);
  await counter.press('basically');
  await counter.leave();
  await until('the votes', async () => (await rowsOf('period=month')).get('city')?.pressed === '3/1/1');
}, 60_000);
afterAll(() => gateway?.dispose());

const told = ({ satisfied, basically, unsatisfied }: Counts) => [satisfied, basically, unsatisfied].join('/');

async function rowsOf(query: string) {
  const { rows } = await gateway.getJson<Scores>(`/api/v1/scores?${query}`);
  return new Map(
    rows.map(({ id, counts, pressed, discounted, completeness, ...row }) => [
      id,
      {
        ...{ counts: told(counts), pressed: told(pressed), reasons: discounted?.reasons ?? {} },
        ...{ state: completeness.state, rate: row.rate, proof: row.proof, intervals: row.intervals },
      },
    ]),
  );
}

it.each(['today', '7d', 'month'])('are of one channel, and together all (%s)', async (period) => {
  const sums = new Map<string, number[]>();
  for (const channel of CHANNELS)
    for (const [id, { counts, pressed }] of await rowsOf(`period=${period}&channel=${channel}`)) {
      const sum = sums.get(id) ?? [0, 0, 0, 0, 0, 0];
      const more = `${counts}/${pressed}`.split('/');
      sums.set(
        id,
        sum.map((votes, nth) => votes + Number(more[nth])),
      );
    }
  const all = await rowsOf(`period=${period}`);
  expect(all.size).toBe(4);
  for (const [id, { counts, pressed }] of all) expect(sums.get(id)?.join('/')).toBe(`${counts}/${pressed}`);

  const sms = await rowsOf(`period=${period}&channel=sms`);
  expect(sms.get('w1')).toMatchObject({
    counts: '1/0/1',
    rate: 0.5,
    proof: 'insufficient',
    state: 'unknown',
  });
  expect(sms.get('w1')?.intervals?.rate.lower).toBeGreaterThan(0);
  expect(sms.get('w2')).toMatchObject({ counts: '0/0/0', pressed: '1/0/0', reasons: { imputed: 1 } });
  expect(sms.get('city')).toMatchObject({ counts: '1/0/1', pressed: '2/0/1' });
  const button = await rowsOf(`period=${period}&channel=button`);
  expect(button.get('w1')).toMatchObject({ counts: '0/1/0', state: all.get('w1')?.state });
  expect([...(await rowsOf(`period=${period}&channel=sms&unit=hall`)).keys()]).toEqual(['hall', 'w1']);
});

it('say of which channel they are, and are not sent again', async () => {
  const ask = (query: string, headers = {}) =>
    gateway.fetch(`/api/v1/scores?period=today${query}`, { headers });
  const sms = await ask('&channel=sms');
  expect(((await sms.json()) as Scores).figures.channel).toBe('sms');
  const whole = await ask('');
  expect(((await whole.json()) as Scores).figures).not.toHaveProperty('channel');
  const etag = sms.headers.get('etag') ?? '';
  expect((await ask('&channel=sms', { 'if-none-match': etag })).status).toBe(304);
  for (const other of ['', '&channel=phone'])
    expect((await ask(other, { 'if-none-match': etag })).status).toBe(200);
});

it('are refused for an hour, for a channel that there is not, and to whoever may stand beside a window', async () => {
  const refusedOf = async (who: Pick<TestClient, 'fetch'>, query: string) => {
    const answer = await who.fetch(`/api/v1/scores?${query}`);
    return `${answer.status} ${((await answer.json()) as { error?: { code: string } }).error?.code}`;
  };
  expect(await refusedOf(gateway, 'period=60m&channel=sms')).toBe('422 channel-period-invalid');
  expect(await refusedOf(gateway, 'period=today&channel=fax')).toBe('400 parameters-invalid');
  expect(await refusedOf(gateway, 'period=today&channel=sms&unit=none')).toBe('404 unit-unknown');
  const manager = await addAccount(gateway, { name: 'chief', role: 'unit-manager', unitId: 'hall' });
  const screen = createLinkClient(gateway, (await addLink(gateway, { kind: 'wall', unitId: 'hall' })).token);
  for (const who of [manager, screen])
    for (const channel of ['button', 'sms'])
      expect(await refusedOf(who, `period=today&channel=${channel}`)).toBe('403 channel-withheld');
});
