/** Units and windows over time, asked of a real gateway, beside votes that are years old. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOUR_MS } from '../../../gateway/domain/periods/zone.ts';
import { createSqliteStore, databaseFile } from '../../../gateway/store/sqlite/sqlite-store.ts';
import type { History } from '../../../protocol/history.ts';
import { manyi } from '../../support/cli.ts';
import { addAccount, type TestClient } from '../../support/client.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { batchOf } from '../../support/ledger-home.ts';
import { voteRecord } from '../../support/store.ts';
import { until } from '../../support/wait.ts';

/** Of China, which has had one offset since 1991. */
const at = (text: string) => Date.parse(`${text}+08:00`);

/** RFC 4180. */
function cellsOf(csv: string): string[][] {
  return csv
    .split('\r\n')
    .slice(0, -1)
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
      ),
    );
}

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
    const line = { by: { actor: { kind: 'cli', user: 'test' }, origin: 'local' }, action: 'test' } as const;
    await store.org.change(async (tx) => {
      await tx.renameWindow('w1', '社保窗口', at('2025-11-03T00:00:00'));
      await tx.renameUnit('east', '东城区', at('2025-11-03T09:00:00'));
      return tx.audited({ ...line, target: { kind: 'data' } }, undefined);
    });
    await store.close();
    await until('the names', async () => {
      const windows = await gateway.getJson<{ id: string; name: string }[]>('/api/v1/windows');
      return windows.some(({ name }) => name === '社保窗口');
    });
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
      name: '社保窗口',
      path: ['云岭市', '东城区', '社保窗口'],
    });
  });

  it('has the names of today, or those of the time where they are asked for', async () => {
    const asked = 'window=w1&from=2025-11-02&to=2025-11-04&by=day';
    const then = await read(`${asked}&names=then&compare=previous`);
    expect(then.figures.names).toBe('then');
    expect(then.spans.map(({ node }) => node)).toEqual([
      { name: '窗口w1', path: ['云岭市', '东区', '窗口w1'], isChanged: false },
      // The window at midnight, and so not within the day; the unit above it within the morning.
      { name: '社保窗口', path: ['云岭市', '东城区', '社保窗口'], isChanged: true },
      { name: '社保窗口', path: ['云岭市', '东城区', '社保窗口'], isChanged: false },
    ]);
    expect(then.node).toMatchObject({ name: '社保窗口', isChanged: true });
    expect(then.comparisons[0]?.node).toMatchObject({ name: '窗口w1', isChanged: false });
    const { figures, node, spans } = await read(`${asked}&names=now`);
    expect([figures.names, node.isChanged, spans[0]?.node]).toEqual([undefined, undefined, undefined]);
    expect(spans.map(({ counts }) => counts)).toEqual(then.spans.map(({ counts }) => counts));
  });

  it('is the same as CSV, with all that its figures were made by', async () => {
    const asked = 'unit=city&from=2023-05-01&to=2023-05-02&by=day&channels=apart&compare=year&names=then';
    const [json, response] = [
      await read(asked),
      await gateway.send('GET', `/api/v1/history?${asked}&format=csv`),
    ];
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(response.headers.get('content-disposition')).toBe(
      'attachment; filename="history-city-2023-05-01_2023-05-02.csv"',
    );
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(bytes.subarray(0, 3).toString('hex')).toBe('efbbbf');
    const [heading = [], ...lines] = cellsOf(bytes.toString().slice(1));
    const rows = lines.map((cells) => Object.fromEntries(heading.map((name, at) => [name, cells[at]])));
    expect(rows.map(({ part, channel, period, votes }) => [part, channel, period, votes])).toEqual([
      ['span', 'all', "'2023-05-01", '1'],
      ['span', 'all', "'2023-05-02", '2'],
      ...['button', 'sms', 'phone'].flatMap((channel) => [
        ['span', channel, "'2023-05-01", channel === 'sms' ? '1' : '0'],
        ['span', channel, "'2023-05-02", channel === 'sms' ? '0' : '1'],
      ]),
      ['total', 'all', "'2023-05-01/2023-05-02", '3'],
      ...['button', 'sms', 'phone'].map((channel) => ['total', channel, "'2023-05-01/2023-05-02", '1']),
      ['year', 'all', "'2022-05-01/2022-05-02", '0'],
    ]);
    const { total, figures } = json;
    expect(rows.find(({ part }) => part === 'total')).toMatchObject({
      ...{
        kind: 'unit',
        id: 'city',
        name: '云岭市',
        isChanged: 'false',
        isOpen: 'false',
        proof: 'insufficient',
      },
      ...{ fromTime: '2023-05-01T00:00:00.000+08:00', toTime: '2023-05-03T00:00:00.000+08:00' },
      ...{ 'counts.satisfied': '1', 'pressed.unsatisfied': '2', 'discounted.reasons.out-of-hours': '1' },
      ...{ rate: `${total.rate}`, 'intervals.index.upper': `${total.intervals?.index.upper}` },
      ...{ method: figures.method, 'weights.basically': '60', target: '0.85', rules: figures.rules },
    });
    expect(new Set(rows.map(({ revision }) => revision)).size).toBe(1);
    const header = await gateway.send('GET', '/api/v1/history?unit=city&period=2025-13&by=day&format=csv');
    expect([header.status, header.headers.get('content-type')]).toEqual([
      422,
      'application/json; charset=utf-8',
    ]);
  });

  it('is told the same by the command line, for people, for programs and for spreadsheets', async () => {
    const command = (...args: string[]) => manyi(gateway.dataDir, ...args);
    const asked = ['--window', 'w1', '--period', '2025-11-02..2025-11-04', '--names', 'then'];
    const compared = [...asked, '--compare', 'previous,year'];
    const query = 'window=w1&from=2025-11-02&to=2025-11-04&by=day&names=then&compare=previous,year';
    const [api, said] = [await read(query), await command('--json', 'history', ...compared)];
    const told = JSON.parse(said.out) as History;
    const revision = expect.stringMatching(/^cli\//);
    expect([said.code, told]).toEqual([0, { ...api, figures: { ...api.figures, revision } }]);
    const table = await command('history', ...compared, '--language', 'zh');
    expect([table.code, table.err]).toEqual([0, '']);
    expect(told.spans[0]?.isOpen).toBe(false);
    expect(table.out.split('\n').slice(0, 8)).toEqual([
      '云岭市 / 东城区 / 社保窗口 (窗口 w1), 2025-11-02/2025-11-04',
      '',
      '时段                              当时名称  计入  满意  基本满意  不满意  未计入  满意率 %       95 % 区间    指数       95 % 区间  达标      说明',
      '2025-11-02                        窗口w1       1     1         0       0       0    100.00  20.65 – 100.00  100.00  20.65 – 100.00  样本不足',
      '2025-11-03                        社保窗口     2     0         1       1       1     50.00    9.45 – 90.54   30.00    5.67 – 76.03  样本不足  其间曾更名或迁移',
      '2025-11-04                        社保窗口     0     0         0       0       0         –                       –',
      '合计                              社保窗口     3     1         1       1       1     66.66   20.76 – 93.85   53.33   16.50 – 85.78  样本不足  其间曾更名或迁移',
      '上期 (2025-10-30/2025-11-01)      窗口w1       0     0         0       0       0         –                       –',
    ]);
    expect(table.out).toContain(
      '与 2024-11-02/2024-11-04 相比：满意率（百分点） -33.33 (-79.23 – +50.53), 尚不能断定有差别',
    );
    const plain = await command('history', '--unit', 'city', '--period', '2023', '--by', 'month', '--apart');
    const lines = plain.out.split('\n').map((text) => text.replaceAll(/ +/g, ' '));
    expect(lines).toContain('2023-01 … 2023-04 4 without votes');
    expect(lines).toContain(
      '2023-05 all 3 1 1 1 1 66.66 20.76 – 93.85 53.33 16.50 – 85.78 insufficient sample',
    );
    expect(lines).toContain(' sms 1 1 0 0 1 100.00 20.65 – 100.00 100.00 20.65 – 100.00 insufficient sample');
    const csv = await command('history', ...asked, '--csv');
    const withoutRevision = (text: string) => text.replaceAll(/,[^,]*\r\n/g, '\r\n');
    const served = await gateway.send(
      'GET',
      `/api/v1/history?${query.replace('&compare=previous,year', '')}&format=csv`,
    );
    expect(withoutRevision(csv.out)).toBe(
      withoutRevision(Buffer.from(await served.arrayBuffer()).toString()),
    );
  });

  it.each([
    [['--unit', 'nowhere', '--period', '2025'], 'unit-unknown'],
    [['--unit', 'city', '--period', '2025-11-04..2025-11-01'], 'period-reversed'],
    [['--unit', 'city', '--period', '2024..2025', '--compare', 'year'], 'comparison-overlaps'],
    [['--unit', 'city', '--period', '2025', '--time-zone', 'Nowhere'], 'argument-invalid'],
    [['--period', '2025'], 'argument-invalid'],
    [['--unit', 'city', '--period', '2025', '--compare', 'month'], 'argument-invalid'],
    [['--unit', 'city', '--period', '2025', '--csv', '--json'], 'argument-invalid'],
  ])('the command line refuses %j with a code', async (args, code) => {
    const said = await manyi(gateway.dataDir, 'history', ...args);
    const told = said.err.startsWith('{') ? JSON.parse(said.err).error.code : said.err.split(':')[0];
    expect([said.code, said.out, told]).toEqual([1, '', code]);
  });

  it('is compared with its siblings, of which whoever is bound to a unit is told nothing', async () => {
    const asked = 'unit=east&period=2025-11-03&by=day&compare=siblings';
    const { comparisons, figures, total } = await read(asked);
    const { from, to, name } = figures.period;
    // There is none: beside it stands a window, which is of another kind.
    expect(total.votes).toBe(2);
    expect(comparisons).toMatchObject([
      { with: 'siblings', ...{ name, from, to }, votes: 0, differences: { rate: null, index: null } },
    ]);
    expect(await refusal(asked, chief)).toEqual([403, 'role-insufficient']);
    const options = ['--unit', 'east', '--period', '2025-11-03', '--compare', 'year,siblings'];
    const told = await manyi(gateway.dataDir, 'history', ...options);
    expect(told.out).toContain('Beside its siblings: no difference to be told');
    expect(told.out).toMatch(/^its siblings \(2025-11-03\) /m);
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
      'unit=city&period=2025&by=day&names=always',
      'unit=city&period=2025&by=day&format=xml',
      'unit=city&period=2025&by=day&channel=sms&channels=apart',
    ])
      expect(await refusal(query)).toEqual([400, 'parameters-invalid']);
    expect(await refusal('window=w1&period=2025&by=hour', chief)).toEqual([403, 'role-insufficient']);
  });
});
