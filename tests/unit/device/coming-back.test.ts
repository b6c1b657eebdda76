/** How soon a terminal tries again, by what it has met. */
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBackoff } from '../../../device/backoff.ts';
import type { Identity } from '../../../device/identity/identity.ts';
import { silentLog } from '../../../device/log.ts';
import { createConnection } from '../../../device/uplink/connection.ts';
import { authorityOf, issueIdentity } from '../../support/certificates.ts';
import { until } from '../../support/wait.ts';

let folder: string;
let identity: Identity;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'manyi-coming-back-'));
  identity = await issueIdentity(await authorityOf(folder), 't-1');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What is there ends every connection. @returns what the terminal has then asked its backoff for. */
async function waitsFor(isThere: boolean): Promise<number | undefined> {
  const server = createServer((socket) => void socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  if (!isThere) await new Promise((resolve) => server.close(resolve));
  const asked: (number | undefined)[] = [];
  const connection = createConnection({
    terminalId: 't-1',
    credentials: { obtain: async () => identity, confirm: () => {}, reject: () => false },
    gatewayUrl: `mqtts://127.0.0.1:${port}`,
    log: silentLog,
    onUp: () => {},
    onDown: () => {},
    onMessage: () => {},
    backoff: {
      nextMs(atMostMs) {
        asked.push(atMostMs);
        return 3_600_000;
      },
      reset: () => {},
    },
  });
  connection.start();
  await until('the end of an attempt', () => asked.length > 0);
  await connection.stop();
  server.close();
  return asked[0];
}

describe('a terminal', () => {
  it('whose gateway does not listen comes back in seconds, however long that lasts', async () => {
    const atMostMs = await waitsFor(false);
    expect(atMostMs).toBe(5_000);
    const backoff = createBackoff({ baseMs: 500, capMs: 30_000, floorMs: 100 }, () => 1);
    const waits = Array.from({ length: 12 }, () => backoff.nextMs(atMostMs));
    expect(waits.slice(0, 5)).toEqual([500, 1_000, 2_000, 4_000, 5_000]);
    expect(Math.max(...waits)).toBe(5_000);
    // Somebody is there now, and it comes to nothing.
    expect(backoff.nextMs()).toBe(30_000);
  });

  it('whose connections come to nothing tries ever more seldom', async () => {
    expect(await waitsFor(true)).toBeUndefined();
  });
});
