/** A terminal that stays connected has a session that is good, from the real gateway and beside its own connection. */
import { type AddressInfo, createServer } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { createSessionRenewal } from '../../../device/uplink/session-renewal.ts';
import { createTlsSession, type TlsSession } from '../../../device/uplink/tls-session.ts';
import { GATEWAY_NAME } from '../../../protocol/identity.ts';
import { startGateway, type TerminalLogin, type TestGateway } from '../../support/gateway.ts';
import { readMetrics } from '../../support/metrics.ts';
import { connectPacket } from '../../support/raw-mqtt.ts';
import { until } from '../../support/wait.ts';

const AFTER_MS = 1_000;

let gateway: TestGateway;
let login: TerminalLogin;
let tls: TlsSession;

beforeAll(async () => {
  gateway = await startGateway();
  await gateway.add((org) => {
    org.unit('hall', '政务服务大厅');
    org.window('w-1', 'hall', '1号窗口');
    login = org.terminal('t-1', 'w-1');
  });
});
afterAll(() => gateway.dispose());
beforeEach(() => {
  tls = createTlsSession();
});

const handshakes = async () => {
  const metrics = await readMetrics(gateway);
  const count = (kind: string) => metrics.of('manyi_tls_handshakes_total', { kind });
  return { full: count('full'), resumed: count('resumed'), refused: metrics.sum('manyi_mqtt_refused_total') };
};
const session = () => tls.offer(login.identity).session?.toString('hex');

async function signIn(): Promise<TLSSocket> {
  const socket = connect({
    ...{ port: gateway.mqttPort, host: '127.0.0.1', servername: GATEWAY_NAME },
    ...tls.offer(login.identity),
  });
  tls.listen(socket);
  socket.on('error', () => {});
  socket.write(connectPacket(login));
  await new Promise((resolve) => socket.once('data', resolve));
  tls.welcome();
  onTestFinished(() => void socket.destroy());
  return socket;
}
const renew = (gatewayUrl = `mqtts://127.0.0.1:${gateway.mqttPort}`) => {
  const renewal = createSessionRenewal({ tls, gatewayUrl, afterMs: AFTER_MS, random: () => 0 });
  onTestFinished(renewal.stop);
  renewal.schedule();
  return renewal;
};

it('another session is fetched, again and again; the gateway takes it, refuses nothing and cuts nobody off', async () => {
  const socket = await signIn();
  const first = tls.held();
  const before = await handshakes();
  renew();
  await until('a second one', () => tls.held()?.sinceMs !== first?.sinceMs);
  const second = tls.held();
  expect((second?.sinceMs ?? 0) - (first?.sinceMs ?? 0)).toBeGreaterThanOrEqual(AFTER_MS / 2);
  await until('a third one', () => tls.held()?.sinceMs !== second?.sinceMs);
  const after = await handshakes();
  expect(after.full - before.full).toBeGreaterThanOrEqual(2);
  expect({ ...after, full: 0 }).toEqual({ ...before, full: 0 });
  expect(socket.destroyed).toBe(false);
  expect((await signIn()).isSessionReused()).toBe(true);
});

it('a gateway that cannot be reached leaves the session as it is', async () => {
  await signIn();
  const held = session();
  const { port, closed } = await deafPort();
  renew(`mqtts://127.0.0.1:${port}`);
  await closed;
  expect(session()).toBe(held);
});

/** Takes one connection and ends it. */
async function deafPort() {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.destroy());
    socket.once('close', () => server.close());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const closed = new Promise<void>((resolve) => server.once('close', () => resolve()));
  return { port: (server.address() as AddressInfo).port, closed };
}
