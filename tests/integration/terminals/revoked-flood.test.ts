/** A stolen terminal that has sent more than its rate when its theft is noticed. Promise B. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startGateway, type TerminalLogin, type TestGateway } from '../../support/gateway.ts';
import { vote, votesMessage } from '../../support/messages.ts';
import { publishPacket, signIn } from '../../support/raw-mqtt.ts';
import { until } from '../../support/wait.ts';

let gateway: TestGateway;
let stolen: TerminalLogin;

beforeAll(async () => {
  gateway = await startGateway({ env: { MANYI_MESSAGES_PER_S: '5', MANYI_MESSAGE_BURST: '10' } });
  await gateway.add((org) => {
    org.unit('hall', '政务服务大厅');
    org.window('w-1', 'hall', '一号窗口');
    stolen = org.terminal('t-1', 'w-1');
  });
});
afterAll(() => gateway.dispose());

const votes = async () => (await gateway.scores()).find(({ id }) => id === 'w-1')?.votes ?? 0;

it('what waits for its turn ends with the revocation', async () => {
  const socket = await signIn(gateway.mqttPort, stolen);
  socket.resume();
  // Ten at once, and the rest one after another for ten seconds.
  for (let seq = 1; seq <= 60; seq++)
    socket.write(publishPacket('manyi/v1/t-1/votes', votesMessage([vote(seq)]), 1));
  await until('the first of them', async () => (await votes()) >= 10);
  const answer = await gateway.send('POST', '/api/v1/terminals/t-1/revocations', { reason: '被盗' });
  expect(answer.status).toBe(201);
  await until('the cut', () => socket.destroyed, { timeoutMs: 1_000 });
  const stored = await votes();
  await expect(until('more', async () => (await votes()) > stored, { timeoutMs: 3_000 })).rejects.toThrow(
    'timed out',
  );
});
