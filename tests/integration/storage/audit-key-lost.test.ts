/** A gateway whose audit.key is gone: what needs an audit is refused, and votes go on. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { authorityOf, issueIdentity, makeRequest } from '../../support/certificates.ts';
import { postSession } from '../../support/client.ts';
import { ADMIN_PASSWORD, startGateway, type TerminalLogin } from '../../support/gateway.ts';
import { vote, votesMessage } from '../../support/messages.ts';
import { connectPacket, openSocket, publishPacket, signIn } from '../../support/raw-mqtt.ts';
import { until } from '../../support/wait.ts';

it('refuses a certificate that it would have to note, and stores the votes of the others', async () => {
  const gateway = await startGateway();
  let login: TerminalLogin | undefined;
  await gateway.add((org) => {
    org.unit('hall', '政务服务大厅');
    for (const name of ['1', '2']) {
      org.window(`w-${name}`, 'hall', `${name}号窗口`);
      login = org.terminal(`t-${name}`, `w-${name}`);
    }
  });
  if (!login) throw new Error('no terminal');
  await gateway.headers();
  await gateway.stop();
  rmSync(join(gateway.dataDir, 'audit.key'));
  await gateway.start();
  const socket = await signIn(gateway.mqttPort, login);
  socket.resume();
  const unknown = await issueIdentity(await authorityOf(gateway.dataDir), 't-1');
  const stranger = openSocket(gateway.mqttPort, { identity: unknown });
  stranger.resume();
  stranger.write(connectPacket({ id: 't-1' }));
  await until('the refusal', () => stranger.destroyed);
  socket.write(publishPacket('manyi/v1/t-2/votes', votesMessage([vote(1)]), 1));
  await until('the vote', async () => (await gateway.scores()).find(({ id }) => id === 'w-2')?.votes === 1);
  expect((await postSession(gateway.httpUrl, { name: 'admin', password: ADMIN_PASSWORD })).status).toBe(503);
  // Nor is a certificate issued that the audit would not know of.
  const { csr } = await makeRequest();
  socket.write(publishPacket('manyi/v1/t-2/csr', JSON.stringify({ csr }), 1));
  await until('the end of the connection', () => socket.destroyed);
  expect(await gateway.getJson('/api/v1/terminals/t-2/certificates')).toHaveLength(1);
  await gateway.dispose();
});
