/** Accounts that take what is for all: the disk, the places of exports, the links. It costs the others nothing. Promise D. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addAccount, type TestClient } from '../support/client.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';

let gateway: TestGateway;
let greedy: TestClient;

beforeAll(async () => {
  // Not what holds them back here.
  gateway = await startGateway({ env: { MANYI_REQUESTS_PER_S: '100000' } });
  await gateway.add((org) => {
    org.unit('city', '菏泽市');
    org.unit('east', '东县', 'city');
    org.window('w-east', 'east', '一号窗口');
  });
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
