/** A terminal that comes back goes on with its TLS session: real processes, over restarts, revocations and clocks. Promises A, B. */
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Agent, createAgent } from '../../../device/agent.ts';
import { type Backoff, createBackoff } from '../../../device/backoff.ts';
import { openIdentityStore } from '../../../device/identity/identity.ts';
import { ticketKeyNameIn } from '../../../gateway/mqtt/client-hello.ts';
import { authorityOf, issueIdentity } from '../../support/certificates.ts';
import { manyi } from '../../support/cli.ts';
import { comeBy } from '../../support/come-by.ts';
import { createFakeClock, FAKETIME } from '../../support/fake-clock.ts';
import { startGateway, type TerminalLogin, type TestGateway } from '../../support/gateway.ts';
import { readMetrics } from '../../support/metrics.ts';
import { have } from '../../support/prerequisites.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { startTerminal, type TerminalProcess } from '../../support/terminal-process.ts';
import { until } from '../../support/wait.ts';

const DAY_MS = 86_400_000;
const ACCEPTED = 0;
const REFUSED = 5;

let gateway: TestGateway;
let folder: string;
const logins = new Map<string, TerminalLogin>();
const NAMES = [
  'cut',
  'killed',
  'lost',
  'revoked',
  'withdrawn',
  'thief',
  'ending',
  'garbled',
  'ahead',
  'gateway-ahead',
];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manyi-resumption-'));
  gateway = await startGateway();
  await plantTerminals(gateway, logins);
});
afterAll(async () => {
  await gateway.dispose();
  await rm(folder, { recursive: true, force: true });
});

async function plantTerminals(where: TestGateway, into: Map<string, TerminalLogin>): Promise<void> {
  await where.add((org) => {
    org.unit('hall', '政务服务大厅');
    for (const name of NAMES) {
      org.window(`w-${name}`, 'hall', name);
      into.set(name, org.terminal(`t-${name}`, `w-${name}`));
    }
  });
}

const login = (name: string) => logins.get(name) as TerminalLogin;
const handshakes = async (of = gateway) => {
  const metrics = await readMetrics(of);
  const count = (kind: string) => metrics.of('manyi_tls_handshakes_total', { kind });
  return { full: count('full'), resumed: count('resumed') };
};
/** Since then. */
const more = async (before: { full: number; resumed: number }, of = gateway) => {
  const now = await handshakes(of);
  return { full: now.full - before.full, resumed: now.resumed - before.resumed };
};
const votes = async (name: string, of = gateway) =>
  (await of.scores()).find(({ id }) => id === `w-${name}`)?.votes ?? 0;
const start = async (name: string, options: { port?: number; env?: Record<string, string> } = {}) => {
  const terminal = await startTerminal({ gateway, login: login(name), folder, ...options });
  onTestFinished(async () => void (await terminal.end()));
  await until('it to be connected', () => terminal.isConnected());
  return terminal;
};
/** In this process, with its own patience. */
async function startAgent({ id, identity }: TerminalLogin, port: number, backoff: Backoff): Promise<Agent> {
  const agent = createAgent(
    {
      terminalId: id,
      identityFolder: '',
      gatewayUrl: `mqtts://127.0.0.1:${port}`,
      journalPath: ':memory:',
      inputs: [],
      language: 'zh',
      healthIntervalS: 3_600,
      keepAckedDays: 7,
    },
    { identity: openIdentityStore(null, identity), uplink: { backoff } },
  );
  onTestFinished(agent.stop);
  await agent.start();
  return agent;
}
/** How often it has come to its gateway so far. */
const arrivals = (terminal: TerminalProcess) =>
  terminal.lines().filter(({ msg }) => msg === 'gateway connected').length;
const pressAndSee = async (terminal: TerminalProcess, name: string, of = gateway) => {
  const before = await votes(name, of);
  await terminal.press('1');
  await until('its vote', async () => (await votes(name, of)) === before + 1);
};

describe('a terminal that comes back', () => {
  it('after a cut goes on with its session, again and again', async () => {
    const proxy = await startTcpProxy(() => gateway.mqttPort);
    const terminal = await start('cut', { port: proxy.port });
    const before = await handshakes();
    for (const times of [1, 2, 3]) {
      proxy.cut('rst');
      await until('it to be back', () => arrivals(terminal) === times + 1);
    }
    expect(await more(before)).toEqual({ full: 0, resumed: 3 });
    await pressAndSee(terminal, 'cut');
  });

  it('to a gateway that was killed and started again goes on with its session', async () => {
    const terminal = await start('killed');
    await gateway.kill();
    await terminal.press('1');
    await gateway.start();
    await until('the vote of the outage', async () => (await votes('killed')) === 1);
    expect(await handshakes()).toEqual({ full: 0, resumed: 1 });
  });

  it('to a gateway that has lost the keys shows its certificate on the same connection, and goes on from there', async () => {
    const proxy = await startTcpProxy(() => gateway.mqttPort);
    const terminal = await start('lost', { port: proxy.port });
    await gateway.stop();
    rmSync(join(gateway.dataDir, 'pki', 'tickets.json'));
    proxy.refuse();
    await terminal.press('1');
    await gateway.start();
    const accepted = proxy.accepted();
    proxy.heal();
    await until('the vote of the outage', async () => (await votes('lost')) === 1);
    expect(await handshakes()).toEqual({ full: 1, resumed: 0 });
    expect(proxy.accepted()).toBe(accepted + 1);
    proxy.cut('fin');
    await until('it to be back', async () => (await handshakes()).resumed === 1);
    await pressAndSee(terminal, 'lost');
  });

  it('whose session a peer answers with an alert shows its certificate without waiting', async () => {
    const front = await startFront();
    // After the first wait, only whoever does not wait comes back.
    let waits = 0;
    const backoff = { nextMs: () => (waits++ === 0 ? 10 : 3_600_000), reset: () => {} };
    const agent = await startAgent(login('garbled'), front.port, backoff);
    await until('it to be connected', () => agent.state().connected);
    expect(front.counts()).toEqual({ refused: 0, taken: 1 });
    front.cut();
    await until('it to be back', () => agent.state().connected && front.counts().taken === 2);
    expect(front.counts()).toEqual({ refused: 1, taken: 2 });
    agent.press('satisfied');
    await until('its vote', async () => (await votes('garbled')) === 1);
  });
});

/** A way to the gateway that stumbles over sessions: it answers with an alert (RFC 8446, 6: fatal, handshake_failure). */
async function startFront() {
  let [refused, taken] = [0, 0];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
    socket.once('data', (hello: Buffer) => {
      if (ticketKeyNameIn(hello) !== null) {
        refused += 1;
        return void socket.end(Buffer.from([21, 3, 3, 0, 2, 2, 40]));
      }
      taken += 1;
      const onward = connect(gateway.mqttPort, '127.0.0.1').on('error', () => {});
      onward.write(hello);
      socket.pipe(onward).pipe(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, cut, counts: () => ({ refused, taken }) };
}

describe('a session', () => {
  it('of a revoked terminal gets it in nowhere, within a second and over a restart', async () => {
    const own = login('revoked');
    const { session } = await comeBy(gateway.mqttPort, own.id, own);
    expect(await comeBy(gateway.mqttPort, own.id, own, session)).toMatchObject({
      code: ACCEPTED,
      isResumed: true,
    });
    const revoked = await gateway.send('POST', `/api/v1/terminals/${own.id}/revocations`, { reason: '被盗' });
    expect(revoked.status).toBe(201);
    const revokedMs = performance.now();
    // Asked without a pause, from the answer on: it never gets in.
    while (performance.now() - revokedMs < 1_000)
      expect(await comeBy(gateway.mqttPort, own.id, own, session)).toMatchObject({ code: REFUSED });
    await gateway.stop();
    await gateway.start();
    expect(await comeBy(gateway.mqttPort, own.id, own, session)).toMatchObject({
      code: REFUSED,
      isResumed: true,
    });
  });

  it('ends with a revocation at the command line of another process, within a second', async () => {
    const own = login('withdrawn');
    const { session } = await comeBy(gateway.mqttPort, own.id, own);
    const done = await manyi(gateway.dataDir, 'terminal', 'revoke', '--terminal', own.id, '--reason', '被盗');
    expect(done.code).toBe(0);
    const revokedMs = performance.now();
    await until(
      'the refusal',
      async () => (await comeBy(gateway.mqttPort, own.id, own, session)).code === REFUSED,
    );
    expect(performance.now() - revokedMs).toBeLessThan(1_000);
  });

  it('ends with the certificate that it began with', async () => {
    const authority = await authorityOf(gateway.dataDir);
    const identity = await issueIdentity(authority, 't-ending', undefined, 4_000 / DAY_MS);
    const own = { ...login('ending'), identity };
    const { session } = await comeBy(gateway.mqttPort, own.id, own);
    expect(await comeBy(gateway.mqttPort, own.id, own, session)).toMatchObject({
      code: ACCEPTED,
      isResumed: true,
    });
    const refused = await until('the refusal', async () => {
      const answer = await comeBy(gateway.mqttPort, own.id, own, session);
      return answer.code === REFUSED ? answer : null;
    });
    expect(refused.isResumed).toBe(true);
    expect(Date.now()).toBeGreaterThanOrEqual(identity.renewAfter);
  });

  it('is of one terminal: with the name of another it gets nobody in', async () => {
    const { session } = await comeBy(gateway.mqttPort, 't-thief', login('thief'));
    const stolen = await comeBy(gateway.mqttPort, 't-cut', login('thief'), session);
    expect(stolen).toMatchObject({ code: REFUSED, isResumed: true });
  });
});

describe.runIf(have(FAKETIME))('a clock that is set', () => {
  it('at the terminal costs one handshake at the most, and no vote', async () => {
    const clock = createFakeClock();
    onTestFinished(clock.dispose);
    const proxy = await startTcpProxy(() => gateway.mqttPort);
    const terminal = await start('ahead', { port: proxy.port, env: clock.env });
    let times = 1;
    for (const days of [400, -400]) {
      clock.setOffsetMs(days * DAY_MS);
      for (const kind of ['either', 'resumed'] as const) {
        const before = await handshakes();
        proxy.cut('rst');
        times += 1;
        await until('it to be back', () => arrivals(terminal) === times);
        const { full, resumed } = await more(before);
        expect(full + resumed).toBe(1);
        if (kind === 'resumed') expect(resumed).toBe(1);
      }
      await pressAndSee(terminal, 'ahead');
    }
  });

  it('at the gateway ends sessions that are too old by it, and no vote is lost to that', async () => {
    const clock = createFakeClock();
    onTestFinished(clock.dispose);
    const own = await startGateway({ env: clock.env });
    onTestFinished(own.dispose);
    const at = new Map<string, TerminalLogin>();
    await plantTerminals(own, at);
    const agent = await startAgent(
      at.get('gateway-ahead') as TerminalLogin,
      own.mqttPort,
      createBackoff({ baseMs: 50, capMs: 200 }),
    );
    await until('it to be connected', () => agent.state().connected);
    const stored = () => readMetrics(own).then((metrics) => metrics.of('manyi_votes_stored_total'));
    for (const [days, kind] of [
      [8, 'full'],
      [8, 'resumed'],
      [0, 'either'],
      [0, 'either'],
    ] as const) {
      await own.kill();
      clock.setOffsetMs(days * DAY_MS);
      agent.press('satisfied');
      await own.start();
      await until('the vote of the outage', async () => (await stored()) === 1);
      const { full, resumed } = await handshakes(own);
      expect(full + resumed).toBe(1);
      if (kind !== 'either') expect({ full, resumed }[kind]).toBe(1);
    }
  });
});
