/** Somebody who once had a good code, and stays connected with it: nothing that is made later is theirs. */
import type { Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { enrol } from '../../../device/identity/enrolment.ts';
import { type EnrolmentCode, parseEnrolmentCode } from '../../../protocol/enrolment-code.ts';
import { makeRequest } from '../../support/certificates.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { createManyi, type Manyi } from '../../support/manyi.ts';
import { connectPacket, openSocket, publishPacket, subscribePacket } from '../../support/raw-mqtt.ts';
import { until } from '../../support/wait.ts';

let gateway: TestGateway;
let manyi: Manyi;

beforeAll(async () => {
  gateway = await startGateway();
  manyi = createManyi(gateway);
  await gateway.add((org) => {
    org.unit('hall', '政务服务大厅');
    org.window('w-1', 'hall', '一号窗口');
    org.terminal('t-1', 'w-1');
  });
});
afterAll(() => gateway.dispose());

const newCode = async () => {
  const { code } = (await manyi.json('terminal', 'code', '--terminal', 't-1')) as { code: string };
  return parseEnrolmentCode(code) as EnrolmentCode;
};
const csrMessage = (csr: string) => publishPacket('manyi/v1/t-1/csr', JSON.stringify({ csr }), 1);

/** Signed in with a code, and listening for a certificate. */
async function lingerWith({ secret }: EnrolmentCode): Promise<{ socket: Socket; got: () => string }> {
  const socket = openSocket(gateway.mqttPort);
  let got = '';
  socket.on('data', (data) => {
    got += data.toString('latin1');
  });
  socket.write(connectPacket({ id: 't-1', password: secret }));
  socket.write(subscribePacket(['manyi/v1/t-1/certificate']));
  // CONNACK and SUBACK: 4 and 5 bytes.
  await until('the subscription', () => got.length >= 9);
  return { socket, got: () => got };
}

it('the holder of a replaced code is cut off, and cannot use the one that took its place', async () => {
  const thief = await lingerWith(await newCode());
  const code = await newCode();
  thief.socket.write(csrMessage((await makeRequest()).csr));
  const isServed = () => thief.got().includes('BEGIN CERTIFICATE');
  await until('an end', () => thief.socket.destroyed || isServed(), { timeoutMs: 3_000 });
  expect(isServed()).toBe(false);
  const { csr } = await makeRequest();
  await expect(enrol(`mqtts://127.0.0.1:${gateway.mqttPort}`, code, csr)).resolves.toMatchObject({
    certificate: expect.stringContaining('BEGIN CERTIFICATE'),
  });
});

it('a code that a revocation has closed cuts its holder off, too', async () => {
  const thief = await lingerWith(await newCode());
  await manyi('terminal', 'revoke', '--terminal', 't-1', '--reason', '遗失');
  await until('the thief to be cut off', () => thief.socket.destroyed, { timeoutMs: 3_000 });
});
