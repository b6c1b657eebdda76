/** One link that asks for the scores of a whole city as often as it may, over many connections at once. Promise D. */
import { expect, it } from 'vitest';
import { createSqliteStore, databaseFile } from '../../gateway/store/sqlite/sqlite-store.ts';
import { addLink } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { openPlainSocket } from '../support/raw-mqtt.ts';
import { plant } from '../support/tree.ts';
import { until } from '../support/wait.ts';

const UNITS = 170;
const WINDOWS = 6_061;
const SOCKETS = 30;
const REQUESTS_EACH = 20;
/** All of them in a row take some fifteen seconds; the client that reads the answers shares the machine. */
const LONGEST_MS = 4_000;

it('everyone else is answered in between', async () => {
  const gateway = await startGateway();
  await gateway.stop();
  const store = createSqliteStore({ file: databaseFile(gateway.dataDir) });
  await plant(store, {
    units: Array.from({ length: UNITS }, (_, at) => ({ id: `u-${at}`, name: `${at}乡` })),
    windows: Array.from({ length: WINDOWS }, (_, at) => ({
      id: `w-${at}`,
      unitId: `u-${at % UNITS}`,
      name: `${at}村站`,
    })),
  });
  store.close();
  await gateway.start();
  const { token } = await addLink(gateway, { kind: 'wall' });
  const request = `GET /api/v1/scores?period=today HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`;
  let bytes = 0;
  const sockets = Array.from({ length: SOCKETS }, () => {
    const socket = openPlainSocket(gateway.httpPort);
    socket.on('data', (data) => {
      bytes += data.length;
    });
    socket.write(request.repeat(REQUESTS_EACH));
    return socket;
  });
  await until('the flood', () => bytes > 0);
  for (let turn = 0; turn < 10; turn++) {
    const askedAt = performance.now();
    expect((await fetch(`${gateway.httpUrl}/healthz`, { headers: { connection: 'close' } })).status).toBe(
      200,
    );
    expect(performance.now() - askedAt).toBeLessThan(LONGEST_MS);
  }
  for (const socket of sockets) socket.destroy();
  await gateway.dispose();
}, 120_000);
