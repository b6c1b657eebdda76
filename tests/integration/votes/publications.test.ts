/** Published figures with a real gateway: votes come, are published, and rules are replayed over them. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { manyi } from '../../support/cli.ts';
import { addAccount, addLink, createLinkClient } from '../../support/client.ts';
import { startGateway, type TerminalLogin, type TestGateway } from '../../support/gateway.ts';
import { vote, votesMessage } from '../../support/messages.ts';
import { publish } from '../../support/mosquitto.ts';
import { privacyOff } from '../../support/privacy-off.ts';
import { untilJudged } from '../../support/stored-verdicts.ts';
import { until } from '../../support/wait.ts';

let gateway: TestGateway;
let terminal: TerminalLogin;
beforeEach(async () => {
  gateway = await startGateway({ env: { MANYI_FIRST_RULES: 'default' } });
  await gateway.add((org) => {
    org.unit('city', '云岭市');
    org.window('w1', 'city', '社保综合窗口1');
    terminal = org.terminal('t-1', 'w1');
  });
  await until('the tree', async () => (await gateway.getJson<unknown[]>('/api/v1/windows')).length === 1);
});
afterEach(() => gateway?.dispose());

type Shown = {
  isIntact: boolean;
  body: { total: { votes: number } };
  today: { differs: boolean; causes: string[]; rules: { reason: string }[] };
};

it('stay what they were when rules are replayed over them, and say by how much today differs', async () => {
  const hourMs = 3_600_000;
  // The last whole hour, which has ended.
  const hour = Math.floor(Date.now() / hourMs) * hourMs - hourMs;
  const press = (seq: number, second: number) => ({
    ...vote(seq, seq === 1 ? 'unsatisfied' : 'satisfied'),
    ...{ at: hour + second * 1_000, mono: 10_000 + second * 1_000 },
  });
  const sent = [press(1, 60), press(2, 120), press(3, 122), press(4, 180)];
  const told = await publish(gateway.mqttPort, terminal, 'manyi/v1/t-1/votes', votesMessage(sent));
  expect(told.code).toBe(0);
  const stored = () => gateway.getJson<{ verdict: string }[]>('/api/v1/votes?from=0&to=9000000000000');
  await until('the votes', async () => (await stored()).length === 4);
  await untilJudged(gateway.dataDir);
  const verdicts = async () => (await stored()).map(({ verdict }) => verdict);
  expect(await verdicts()).toEqual(['counted', 'counted', 'too-soon', 'counted']);

  const local = new Date(hour + 8 * hourMs).toISOString();
  const period = local.slice(0, 13);
  const asked = { unit: 'city', period, title: '整点公报', reason: '例行公布' };
  const made = await gateway.send('POST', '/api/v1/publications', asked);
  expect(made.status).toBe(201);
  const { id, sha256 } = (await made.json()) as { id: string; sha256: string };
  const shown = () => gateway.getJson<Shown>(`/api/v1/publications/${id}`);
  const before = await shown();
  expect([before.isIntact, before.body.total.votes, before.today.differs]).toEqual([true, 3, false]);

  const replay = { validFrom: local.slice(0, 10), judgeAgain: true, reason: '重放规则' };
  const settings = { pressIntervalMs: 0, changeOfMindMs: 0 };
  const set = await gateway.send('POST', '/api/v1/rules', { ...replay, settings });
  expect(await set.json()).toMatchObject({ publications: [{ id, version: 1, node: 'unit:city', period }] });
  await until('the replay', async () => (await verdicts()).every((verdict) => verdict === 'counted'));
  const after = await shown();
  expect(after).toEqual({ ...before, today: after.today });
  expect(after.today).toMatchObject({ differs: true, causes: ['rules'], rules: [{ reason: '重放规则' }] });

  const said = await manyi(gateway.dataDir, 'publications', 'show', id);
  expect([said.code, said.err]).toEqual([0, '']);
  expect(said.out).toContain('published 66.66 %, today 75.00 %; 1 windows differ; because of rules; all@2');
  const corrected = await manyi(gateway.dataDir, 'publications', 'correct', id, '--reason', '规则重放');
  expect([corrected.code, corrected.err]).toEqual([0, '']);
  const withdrawn = await gateway.send('POST', `/api/v1/publications/${id}/withdrawals`, {
    ...{ version: 1, reason: '以第 2 版为准' },
  });
  expect(withdrawn.status).toBe(201);
  const list =
    await gateway.getJson<{ version: number; sha256: string; withdrawal: unknown }[]>('/api/v1/publications');
  expect(list).toMatchObject([
    { version: 2, corrects: 1, withdrawal: null },
    { version: 1, sha256, withdrawal: { reason: '以第 2 版为准' } },
  ]);
  // The same, whoever makes it.
  const bodyOf = async (version: number) =>
    (await gateway.getJson<Shown>(`/api/v1/publications/${id}?version=${version}`)).body;
  const again = await gateway.send('POST', `/api/v1/publications/${id}/corrections`, { reason: '再次更正' });
  expect(again.status).toBe(201);
  expect(await bodyOf(3)).toEqual(await bodyOf(2));
  const check = await manyi(gateway.dataDir, '--json', 'check');
  expect([check.code, JSON.parse(check.out).numbers]).toEqual([0, []]);

  const manager = await addAccount(gateway, { name: 'chief', role: 'unit-manager', unitId: 'city' });
  const { token } = await addLink(gateway, { kind: 'wall', unitId: 'city' });
  for (const bound of [manager, createLinkClient(gateway, token)]) {
    const own = await bound.getJson<{ id: string; sha256: string | null }[]>('/api/v1/publications');
    expect(own.map((one) => [one.id, one.sha256])).toEqual([3, 2, 1].map(() => [id, null]));
    // Of an hour: there are no steps of hours.
    const refused = await bound.fetch(`/api/v1/publications/${id}`);
    expect([refused.status, await refused.text()]).toEqual([403, expect.stringContaining('period-withheld')]);
  }
  await privacyOff(gateway);
  expect((await manager.getJson<Shown>(`/api/v1/publications/${id}`)).body.total.votes).toBe(4);

  const refusedWith = async (body: object) => {
    const response = await gateway.send('POST', '/api/v1/publications', body);
    return [response.status, ((await response.json()) as { error: { code: string } }).error.code];
  };
  const year = `${new Date().getUTCFullYear()}`;
  expect(await refusedWith({ ...asked, period: year })).toEqual([422, 'publication-open']);
  expect(await refusedWith({ ...asked, period: 'x'.repeat(40) })).toEqual([400, 'parameters-invalid']);
  expect(await refusedWith({ ...asked, window: 'w1' })).toEqual([400, 'parameters-invalid']);
  expect(await refusedWith({ ...asked, unit: 'nowhere' })).toEqual([422, 'unit-unknown']);
});
