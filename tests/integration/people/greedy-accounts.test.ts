/** Accounts that take what is for all: the disk, the places of exports, the links. It costs the others nothing. Promise D. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSqliteStore, databaseFile } from '../../../gateway/store/sqlite/sqlite-store.ts';
import { addAccount, type TestClient } from '../../support/client.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { batchOf } from '../../support/ledger-home.ts';
import { EPOCH } from '../../support/messages.ts';
import { privacyOff } from '../../support/privacy-off.ts';
import { openPlainSocket } from '../../support/raw-mqtt.ts';
import { voteRecord } from '../../support/store.ts';
import { until } from '../../support/wait.ts';

let gateway: TestGateway;
let greedy: TestClient;

beforeAll(async () => {
  // Not what holds them back here.
  gateway = await startGateway({ env: { MANYI_REQUESTS_PER_S: '100000' } });
  await gateway.add((org) => {
    org.unit('city', '菏泽市');
    org.unit('east', '东县', 'city');
    org.window('w-east', 'east', '一号窗口');
    org.terminal('t-east', 'w-east');
  });
  await privacyOff(gateway);
  greedy = await addAccount(gateway, { name: 'greedy', role: 'unit-manager', unitId: 'east' });
});
afterAll(() => gateway.dispose());

const codeOf = async (response: Response) => {
  if (response.ok) return null;
  const { error } = (await response.json()) as { error: { code: string } };
  return error.code;
};
const auditRows = async () => {
  const [last] = await gateway.getJson<{ seq: number }[]>('/api/v1/audit?limit=1');
  return last?.seq ?? 0;
};

/** Asks for the same over and over. @returns the first refusal, or null after 1,500 that there was none. */
async function exhaust(ask: () => Promise<Response>): Promise<Response | null> {
  for (let asked = 0; asked < 1_500; asked++) {
    const answer = await ask();
    if (!answer.ok) return answer;
    await answer.arrayBuffer();
  }
  return null;
}

describe('the audit', () => {
  it('takes so many lines of one account in a row, and those of others', async () => {
    const before = await auditRows();
    const refused = await exhaust(() => greedy.fetch('/api/v1/votes?from=0&to=1'));
    expect(refused?.headers.get('retry-after')).toMatch(/^[1-9]\d?$/);
    expect(refused && (await codeOf(refused))).toBe('changes-too-many');
    expect((await auditRows()) - before).toBeLessThanOrEqual(1_010);
    // Nothing that is not in the audit is done, reading goes on, and they can still leave.
    expect(
      await codeOf(
        await greedy.send('POST', '/api/v1/links', { kind: 'wall', name: '大屏', unitId: 'east' }),
      ),
    ).toBe('changes-too-many');
    expect(await greedy.getJson('/api/v1/links')).toEqual([]);
    expect(
      await codeOf(await gateway.send('POST', '/api/v1/links', { kind: 'wall', name: '大屏' })),
    ).toBeNull();
    expect((await greedy.send('DELETE', '/api/v1/session')).status).toBe(204);
  }, 120_000);
});

describe('the places of exports', () => {
  /** More than the kernel keeps for a socket that nobody reads. */
  const VOTES = 100_000;
  const ALL = '/api/v1/votes?from=0&to=9000000000000';

  it('are not all for one account that does not read what it asked for', async () => {
    await gateway.stop();
    const store = createSqliteStore({ file: databaseFile(gateway.dataDir) });
    const journalKey = (await store.ledger.openJournal(1, EPOCH)).key;
    const votes = Array.from({ length: VOTES }, (_, at) => voteRecord({ journalKey, seq: at + 1 }));
    await store.ledger.commit(batchOf({ votes }));
    store.close();
    await gateway.start();
    const hoarder = await addAccount(gateway, { name: 'hoarder', role: 'unit-manager', unitId: 'east' });
    const { cookie } = await hoarder.headers();
    const sockets = Array.from({ length: 8 }, () => openPlainSocket(gateway.httpPort));
    const answers = await Promise.all(
      sockets.map((socket) => {
        socket.write(`GET ${ALL} HTTP/1.1\r\nHost: x\r\nCookie: ${cookie}\r\n\r\n`);
        return new Promise<string>((resolve) =>
          socket.once('data', (data) => {
            socket.pause();
            resolve(data.toString('latin1').slice(9, 12));
          }),
        );
      }),
    );
    expect(answers.filter((status) => status === '200')).toHaveLength(2);
    const other = await gateway.fetch(ALL);
    expect(await codeOf(other.clone())).toBeNull();
    expect(((await other.json()) as unknown[]).length).toBe(VOTES);
    for (const socket of sockets) socket.resetAndDestroy();
    await until('the place again', async () => (await hoarder.fetch(ALL)).ok);
  }, 60_000);
});

describe('links', () => {
  it('are so many an account', async () => {
    const maker = await addAccount(gateway, { name: 'maker', role: 'unit-manager', unitId: 'east' });
    const make = (by: TestClient) =>
      by.send('POST', '/api/v1/links', { kind: 'wall', name: '大屏', unitId: 'east' });
    const refused = await exhaust(() => make(maker));
    expect(refused && (await codeOf(refused))).toBe('links-too-many');
    expect((await make(gateway)).status).toBe(201);
  }, 60_000);
});
