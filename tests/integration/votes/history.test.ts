/** Units and windows over time, asked of a real gateway, beside votes that are years old. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../../gateway/domain/periods/zone.ts';
import { createSqliteStore, databaseFile } from '../../../gateway/store/sqlite/sqlite-store.ts';
import type { History } from '../../../protocol/history.ts';
import { addAccount, type TestClient } from '../../support/client.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { batchOf } from '../../support/ledger-home.ts';
import { voteRecord } from '../../support/store.ts';
import { until } from '../../support/wait.ts';

/** Of China, which has had one offset since 1991. */
const at = (text: string) => Date.parse(`${text}+08:00`);

describe('history', () => {
  let gateway: TestGateway;
  let chief: TestClient;
  beforeAll(async () => {
    gateway = await startGateway();
    await gateway.add((org) => {
      org.unit('city', '云岭市');
      org.unit('east', '东区', 'city');
      for (const [id, unit] of [
        ['w1', 'east'],
        ['w2', 'city'],
      ] as const) {
        org.window(id, unit, `窗口${id}`);
        org.terminal(`t-${id}`, id);
      }
    });
    await until('the tree', async () => (await gateway.getJson<unknown[]>('/api/v1/windows')).length === 2);
    chief = await addAccount(gateway, { name: 'chief', role: 'unit-manager', unitId: 'east' });
    const store = createSqliteStore({ file: databaseFile(gateway.dataDir) });
    const windows = new Map((await store.org.windows()).map(({ id, key }) => [id, key]));
    const [w1, w2] = [windows.get('w1') as number, windows.get('w2') as number];
    const journal = async (terminalId: string) => {
      const terminals = await store.org.terminals();
      const { key } = terminals.find(({ id }) => id === terminalId) as { key: number };
      return (await store.ledger.openJournal(key, 'ab'.repeat(16))).key;
    };
    const [one, two] = [await journal('t-w1'), await journal('t-w2')];
    const of = (journalKey: number, windowKey: number) => (text: string, rating: 0 | 1 | 2, seq: number) =>
      voteRecord({ journalKey, windowKey, rating, seq, at: at(text) });
    const [here, there] = [of(one, w1), of(two, w2)];
    await store.ledger.commit(
      batchOf({
        votes: [
          // The last moment of one local day, and the first of the next.
          here('2025-11-02T23:59:59.999', 0, 1),
          here('2025-11-03T00:00:00', 2, 2),
          here('2025-11-03T09:30:00', 1, 3),
          { ...here('2025-11-03T09:30:01', 0, 4), verdict: 1 },
          here('2024-11-04T09:00:00', 0, 5),
          there('2025-11-03T10:00:00', 0, 1),
          // None of a day that others ask for.
          { ...here('2023-05-01T10:00:00', 0, 6), channel: 2 },
          { ...here('2023-05-01T10:01:00', 2, 7), channel: 2, verdict: 5 },
          { ...here('2023-05-02T10:00:00', 2, 8), channel: 3 },
          here('2023-05-02T10:00:01', 1, 9),
        ],
      }),
    );
    await store.close();
  }, 60_000);
  afterAll(() => gateway?.dispose());

  const read = (query: string) => gateway.getJson<History>(`/api/v1/history?${query}`);
  const refusal = async (query: string, who: TestClient = gateway) => {
    const response = await who.send('GET', `/api/v1/history?${query}`);
    const { error } = (await response.json()) as { error: { code: string } };
    return [response.status, error.code];
  };

  it('is a series that sums up to its total, of a unit and of a window', async () => {
    const city = await read('unit=city&from=2025-11-01&to=2025-11-04&by=day');
    expect(city.spans.map(({ name, votes, from, to }) => [name, votes, (to - from) / HOUR_MS])).toEqual([
      ['2025-11-01', 0, 24],
      ['2025-11-02', 1, 24],
      ['2025-11-03', 3, 24],
      ['2025-11-04', 0, 24],
    ]);
    expect(city.total.counts).toEqual({ satisfied: 2, basically: 1, unsatisfied: 1 });
    expect(city.total.pressed).toEqual({ satisfied: 3, basically: 1, unsatisfied: 1 });
    expect(city.total.discounted).toEqual({
      counts: { satisfied: 1, basically: 0, unsatisfied: 0 },
      reasons: { 'too-soon': 1 },
    });
    expect([city.total.rate, city.total.proof, city.spans[0]?.rate]).toEqual([0.75, 'insufficient', null]);
    expect(city.figures.period.timeZone).toBe('Asia/Shanghai');
    const window = await read('window=w1&period=2025-11-03&by=hour');
    expect(window.spans.filter(({ votes }) => votes > 0).map(({ name }) => name)).toEqual([
      '2025-11-03T00',
      '2025-11-03T09',
    ]);
    expect(window.node).toEqual({
      kind: 'window',
      id: 'w1',
      name: '窗口w1',
      path: ['云岭市', '东区', '窗口w1'],
    });
  });

  it('is compared with what was before, and a year ago', async () => {
    const { comparisons } = await read('unit=east&period=2025-W45&by=day&compare=previous,year');
    expect(comparisons.map(({ with: other, name, votes }) => [other, name, votes])).toEqual([
      ['previous', '2025-W44', 1],
      ['year', '2024-W45', 1],
    ]);
    expect(comparisons[0]?.differences.rate).toMatchObject({ value: -0.5, change: 'open' });
    const all = await read('unit=east&from=2000&to=2999&by=year');
    expect([all.spans.length, all.total.votes]).toEqual([1_000, 7]);
  });

  it('is of one channel, or of each apart, and these are together the whole', async () => {
    const asked = 'unit=city&from=2023-05-01&to=2023-05-02&by=day';
    const sms = await read(`${asked}&channel=sms&compare=previous`);
    expect(sms.figures.channel).toBe('sms');
    expect(sms.spans.map(({ votes }) => votes)).toEqual([1, 0]);
    expect(sms.total.pressed).toEqual({ satisfied: 1, basically: 0, unsatisfied: 1 });
    expect(sms.comparisons[0]?.votes).toBe(0);
    const apart = await read(`${asked}&channels=apart`);
    expect(apart.channels?.map(({ channel, total, spans }) => [channel, total.votes, spans.length])).toEqual([
      ['button', 1, 2],
      ['sms', 1, 2],
      ['phone', 1, 2],
    ]);
    expect(apart.total.votes).toBe(3);
    expect(apart.channels?.[1]?.total.discounted?.reasons).toEqual({ 'out-of-hours': 1 });
    const button = await read(`window=w1&from=2023-05-01&to=2023-05-02&by=day&channel=button`);
    expect(button.total.counts).toEqual({ satisfied: 0, basically: 1, unsatisfied: 0 });
    expect((await read(asked)).channels).toBeUndefined();
  });

  it('refuses what it cannot answer, and says what to do', async () => {
    expect(await refusal('unit=city&period=2025-13&by=day')).toEqual([422, 'period-unknown']);
    expect(await refusal('unit=city&from=2025-11-04&to=2025-11-01&by=day')).toEqual([422, 'period-reversed']);
    expect(await refusal('unit=city&from=2100&to=2499&by=hour')).toEqual([422, 'period-too-long']);
    expect(await refusal('unit=nowhere&period=2025&by=day')).toEqual([404, 'unit-unknown']);
    expect(await refusal('window=w9&period=2025&by=day')).toEqual([404, 'window-unknown']);
    for (const query of [
      'unit=city&window=w1&period=2025&by=day',
      'unit=city&by=day',
      'unit=city&period=2025',
      'unit=city&period=2025&by=day&channel=fax',
      'unit=city&period=2025&by=day&channel=sms&channels=apart',
    ])
      expect(await refusal(query)).toEqual([400, 'parameters-invalid']);
    expect(await refusal('window=w1&period=2025&by=hour', chief)).toEqual([403, 'role-insufficient']);
  });
});
