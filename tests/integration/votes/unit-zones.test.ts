/** A unit of a city lies in another time zone: its days, opening hours and rules go by its own clocks, and the recount says the same. */
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSqliteStore, databaseFile } from '../../../gateway/store/sqlite/sqlite-store.ts';
import type { History } from '../../../protocol/history.ts';
import { manyi } from '../../support/cli.ts';
import { addAccount } from '../../support/client.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { batchOf } from '../../support/ledger-home.ts';
import { voteRecord } from '../../support/store.ts';
import { until } from '../../support/wait.ts';

let gateway: TestGateway;
const ZONES = '/api/v1/units/office/time-zones';
const NEW_YORK = { timeZone: 'America/New_York', from: '2000-01-01', judgeAgain: true, reason: '驻外办事处' };

/** With the offset that clocks in New York had then. */
const PRESSED = [
  // Clocks are set back on 2025-11-02: half past one comes twice.
  ...['2025-11-01T23:59:59.999-04:00', '2025-11-02T01:30:00-04:00', '2025-11-02T01:30:00-05:00'],
  // In opening hours there and not in the city, and the other way round.
  ...['2025-11-02T10:00:00-05:00', '2025-11-02T22:00:00-05:00', '2025-11-03T00:00:00-05:00'],
];

beforeAll(async () => {
  gateway = await startGateway();
  await gateway.add((org) => {
    org.unit('city', '云岭市');
    org.unit('office', '驻外办事处', 'city');
    org.window('w1', 'office', '1号窗口');
    org.terminal('t-1', 'w1');
  });
  await until('the tree', async () => (await gateway.getJson<unknown[]>('/api/v1/windows')).length === 1);
  const store = createSqliteStore({ file: databaseFile(gateway.dataDir) });
  const [serviceWindow] = await store.org.windows();
  const [terminal] = await store.org.terminals();
  const { key: journalKey } = await store.ledger.openJournal(terminal?.key ?? 0, 'ab'.repeat(16));
  await store.ledger.commit(
    batchOf({
      votes: PRESSED.map((text, index) =>
        voteRecord({
          ...{ journalKey, windowKey: serviceWindow?.key ?? 0, seq: index + 1, rating: 0 },
          at: Date.parse(text),
        }),
      ),
    }),
  );
  store.close();
}, 60_000);
afterAll(() => gateway?.dispose());

const post = async (path: string, body: object) => {
  const response = await gateway.send('POST', path, body);
  const answer = (await response.json()) as { error?: { code: string } };
  return { status: response.status, code: answer.error?.code, answer };
};
const history = (unit: string) =>
  gateway.getJson<History>(`/api/v1/history?unit=${unit}&from=2025-11-01&to=2025-11-03&by=day`);
const daysOf = async (unit: string) =>
  (await history(unit)).spans.map(({ name, from, to, pressed }) => [
    ...[name, (to - from) / 3_600_000, pressed.satisfied],
  ]);
const recounted = async (...args: string[]) => {
  const { code, out } = await manyi(gateway.dataDir, '--json', 'recount', ...args);
  return {
    code,
    ...(JSON.parse(out) as { timeZone: string; figures: { figure: string; recounted: unknown }[] }),
  };
};

it.each([
  [{ timeZone: 'Mars/Olympus' }, 422, 'time-zone-unknown'],
  [{ timeZone: '+08:00' }, 422, 'time-zone-unknown'],
  [{ judgeAgain: false }, 422, 'time-zone-past'],
  [{ from: '2025-02-30' }, 422, 'rule-date-invalid'],
  [{ from: '1999-12-31' }, 422, 'rule-date-invalid'],
  [{ timeZone: null }, 409, 'time-zone-same'],
  [{ reason: ' ' }, 422, 'reason-invalid'],
  [{ reason: undefined }, 400, 'parameters-invalid'],
])('%j is refused with a code', async (change, status, code) =>
  expect(await post(ZONES, { ...NEW_YORK, ...change })).toMatchObject({ status, code }),
);

it('goes by its own days, the day of 25 hours too, while the city goes by its', async () => {
  expect(await daysOf('office')).toEqual([
    ['2025-11-01', 24, 0],
    ['2025-11-02', 24, 4],
    ['2025-11-03', 24, 2],
  ]);
  const { answer, status } = await post(ZONES, NEW_YORK);
  expect([status, answer]).toMatchObject([
    201,
    { unit: 'office', timeZone: 'America/New_York', from: Date.parse('2000-01-01T00:00-05:00'), until: null },
  ]);
  expect(await post(ZONES, NEW_YORK)).toMatchObject({ status: 409, code: 'time-zone-same' });
  expect(await gateway.getJson(ZONES)).toEqual([
    { timeZone: 'America/New_York', from: Date.parse('2000-01-01T00:00-05:00') },
  ]);
  expect(await gateway.getJson('/api/v1/units')).toMatchObject([
    { id: 'city', timeZone: 'Asia/Shanghai' },
    { id: 'office', timeZone: 'America/New_York' },
  ]);
  expect(await daysOf('office')).toEqual([
    ['2025-11-01', 24, 1],
    ['2025-11-02', 25, 4],
    ['2025-11-03', 24, 1],
  ]);
  expect((await history('office')).figures.period.timeZone).toBe('America/New_York');
  expect(await daysOf('city')).toEqual([
    ['2025-11-01', 24, 0],
    ['2025-11-02', 24, 4],
    ['2025-11-03', 24, 2],
  ]);
  expect((await history('city')).figures.period.timeZone).toBe('Asia/Shanghai');
});

it('is open by its own clocks, and the recount finds the same', async () => {
  const weekly = Array.from({ length: 7 }, () => [{ from: '09:00', to: '17:00' }]);
  const hours = {
    ...{ weekly, jurisdiction: null, makeUp: null, exceptions: [] },
    ...{ graceBeforeMinutes: 0, graceAfterMinutes: 0 },
  };
  const ruled = await post('/api/v1/rules', {
    ...{ unit: 'city', validFrom: '2025-11-02', validTo: '2025-11-02', settings: { hours } },
    ...{ judgeAgain: true, reason: '营业时间' },
  });
  expect(ruled.status).toBe(201);
  // Of its 2nd of November one of four was pressed in opening hours.
  const second = async () => (await history('office')).spans[1];
  await until('verdicts', async () => (await second())?.votes === 1);
  expect(await second()).toMatchObject({ discounted: { reasons: { 'out-of-hours': 3 } } });
  expect((await history('office')).spans.map(({ votes }) => votes)).toEqual([1, 1, 1]);

  for (const [unit, zone, period, pressed] of [
    ['office', 'America/New_York', '2025-11-02', 4],
    ['office', 'America/New_York', '2025-11-01..2025-11-03', 6],
    ['city', 'Asia/Shanghai', '2025-11-02', 4],
  ] as const) {
    const { code, timeZone, figures } = await recounted('--unit', unit, '--period', period);
    expect([code, timeZone], `${unit}, ${period}`).toEqual([0, zone]);
    expect(figures.find(({ figure }) => figure === 'pressed')?.recounted).toBe(pressed);
  }
  const { code, out } = await manyi(
    ...([gateway.dataDir, '--json', 'vote', 'explain', 't-1', 'ab'.repeat(16), '5'] as const),
  );
  expect([code, out]).toEqual([0, expect.stringContaining('2025-11-02T22:00:00.000-05:00')]);
});

it('comes into another from a day to come, by the command line, and the audit says why', async () => {
  const zone = (...args: string[]) => manyi(gateway.dataDir, '--json', 'unit', 'zone', 'office', ...args);
  const when = ['--from', '2099-01-01', '--reason', '迁址'];
  const { out } = await zone('--zone', 'Asia/Kathmandu', ...when);
  expect(JSON.parse(out)).toMatchObject({ timeZone: 'Asia/Kathmandu', from: '2098-12-31T18:15:00.000Z' });
  const again = await zone('--inherit', '--from', '2099-02-01', '--reason', '归入本市');
  expect(JSON.parse(again.out)).toMatchObject({ timeZone: null, from: '2099-01-31T16:00:00.000Z' });
  const refused = async (...args: string[]) =>
    (JSON.parse((await zone(...args)).err) as { error: { code: string } }).error.code;
  expect(await refused('--zone', 'Asia/Kathmandu', ...when)).toBe('time-zone-same');
  expect(await refused('--zone', 'Asia/Urumqi', '--from', '2025-01-01', '--reason', 'x')).toBe(
    'time-zone-past',
  );
  expect(await refused(...when)).toBe('argument-invalid');
  const listed = await manyi(gateway.dataDir, '--json', 'unit', 'zones', 'office');
  expect(JSON.parse(listed.out).map(({ timeZone }: { timeZone: string | null }) => timeZone)).toEqual([
    ...['America/New_York', 'Asia/Kathmandu', null],
  ]);
  const units = await manyi(gateway.dataDir, '--json', 'unit', 'list');
  expect(JSON.parse(units.out)).toMatchObject([{ timeZone: null }, { timeZone: 'America/New_York' }]);
  const across = await gateway.getJson<History>(
    '/api/v1/history?unit=office&from=2098-12-31&to=2099-01-01&by=day',
  );
  expect(across.figures.period.timeZones?.map(({ timeZone }) => timeZone)).toEqual([
    ...['America/New_York', 'Asia/Kathmandu'],
  ]);
  const lines = await gateway.getJson<{ action: string; detail: object }[]>('/api/v1/audit');
  expect(lines.filter(({ action }) => action === 'unit.zone').map(({ detail }) => detail)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ reason: '迁址', timeZone: 'Asia/Kathmandu', was: 'America/New_York' }),
      expect.objectContaining({ reason: '归入本市', timeZone: null, was: 'Asia/Kathmandu' }),
    ]),
  );
});

it('that this gateway does not know, because another one is newer, is passed over and said, and nothing stops', async () => {
  await gateway.kill();
  const db = new Database(databaseFile(gateway.dataDir));
  const { key } = db.prepare(`SELECT key FROM units WHERE id = 'office'`).get() as { key: number };
  db.prepare('INSERT INTO unit_time_zones (unit_key, from_at, time_zone) VALUES (?, ?, ?)').run(
    ...([key, Date.parse('2025-11-02T00:00-04:00'), 'Mars/Olympus'] as const),
  );
  db.close();
  await gateway.start();
  const said = gateway.log().match(/"code":"time-zone-not-here".*/g);
  expect(said).toEqual([expect.stringMatching(/"unitId":"office","timeZone":"Mars\/Olympus"/)]);
  // From there on it lies in the zone of the unit above it; votes of then are judged by that.
  expect((await history('office')).figures.period.timeZones?.map(({ timeZone }) => timeZone)).toEqual([
    ...['America/New_York', 'Asia/Shanghai'],
  ]);
  const { code, timeZone } = await recounted('--unit', 'office', '--period', '2025-11-01');
  expect([code, timeZone]).toEqual([0, 'America/New_York']);
  const rules = await post('/api/v1/rules', {
    ...{ unit: 'office', validFrom: '2025-11-03', settings: { pressIntervalMs: 0, changeOfMindMs: 0 } },
    ...{ judgeAgain: true, reason: '复核' },
  });
  expect([rules.status, rules.code]).toEqual([201, undefined]);
  // It can be set right here as well.
  const set = { ...NEW_YORK, from: '2025-11-02', timeZone: 'America/Chicago' };
  expect((await post(ZONES, set)).status).toBe(201);
});

it('is of nobody else: an operator is refused, and who sees no such unit does not find it', async () => {
  const operator = await addAccount(gateway, { name: 'op', role: 'operator' });
  expect((await operator.send('POST', ZONES, NEW_YORK)).status).toBe(403);
  expect((await operator.fetch('/api/v1/units/nothing/time-zones')).status).toBe(404);
});
