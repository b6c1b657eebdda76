/** Nobody speaks for a terminal but the terminal: certificates from the code to the revocation, with real processes. */
import { execFile } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enrol } from '../../../device/identity/enrolment.ts';
import type { Identity } from '../../../device/identity/identity.ts';
import { hashSecret } from '../../../gateway/fleet/enrolment.ts';
import { DAY_MS } from '../../../gateway/pki/lives.ts';
import type { By } from '../../../gateway/store/changes.ts';
import { createSqliteStore, databaseFile } from '../../../gateway/store/sqlite/sqlite-store.ts';
import { type EnrolmentCode, parseEnrolmentCode } from '../../../protocol/enrolment-code.ts';
import { authorityOf, issueIdentity, makeRequest } from '../../support/certificates.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { startGateway, type TerminalLogin, type TestGateway } from '../../support/gateway.ts';
import { publish, subscribe } from '../../support/mosquitto.ts';
import { connectPacket, openSocket, publishPacket, signIn } from '../../support/raw-mqtt.ts';
import { createTerminal } from '../../support/terminal-process.ts';
import { until } from '../../support/wait.ts';

const CLI = new URL('../../../dist/gateway/run/manyi.js', import.meta.url).pathname;
const run = promisify(execFile);

let gateway: TestGateway;
let folder: string;
const logins = new Map<string, TerminalLogin>();
const NAMES = ['live', 'thief', 'revoked', 'renewing', 'clockless', 'ahead', 'coded', 'adopted', 'expired'];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manyi-certificates-'));
  gateway = await startGateway();
  await gateway.add((org) => {
    org.unit('hall', '政务服务大厅');
    for (const name of NAMES) {
      org.window(`w-${name}`, 'hall', name);
      logins.set(name, org.terminal(`t-${name}`, `w-${name}`));
    }
  });
});
afterAll(async () => {
  await gateway.dispose();
  await rm(folder, { recursive: true, force: true });
});

const login = (name: string) => logins.get(name) as TerminalLogin;
const manyi = async (...args: string[]) => {
  const env = { ...process.env, MANYI_DATA_DIR: gateway.dataDir };
  return JSON.parse((await run(process.execPath, [CLI, '--json', ...args], { env })).stdout);
};
const newCode = async (name: string) =>
  (await manyi('terminal', 'code', '--terminal', `t-${name}`)).code as string;
const url = () => `mqtts://127.0.0.1:${gateway.mqttPort}`;
const asPeer = (identity: Partial<Identity>) => ({ identity: identity as Identity });
const row = async (name: string) => (await gateway.scores()).find(({ id }) => id === `w-${name}`);

/** @returns the CONNACK's return code (MQTT 3.1.1, 3.2.2.3), or null when the connection was cut without one. */
async function connack(id: string, peer: { identity: Identity } | null, password?: string) {
  const socket = openSocket(gateway.mqttPort, peer);
  socket.write(connectPacket({ id, ...(password === undefined ? {} : { password }) }));
  const answer = await new Promise<Buffer | null>((resolve) => {
    socket.once('data', resolve);
    socket.once('close', () => resolve(null));
  });
  socket.destroy();
  return answer?.[3] ?? null;
}

describe('signing in', () => {
  it('takes a certificate of the authority, in the name of its terminal, and nothing else', async () => {
    expect(await connack('t-live', login('live'))).toBe(0);
    expect(await connack('t-live', login('thief'))).toBe(5);
    expect(await connack('t-live', null)).toBe(5);
    expect(await connack('t-nobody', login('live'))).toBe(5);
    const stranger = await authorityOf(join(folder, 'stranger'));
    const authority = await authorityOf(gateway.dataDir);
    const strange = await issueIdentity(stranger, 't-live');
    expect(await connack('t-live', asPeer({ ...strange, authority: authority.certificate }))).toBe(5);
    // The gateway's own certificate is signed by the same authority, but is no terminal's.
    const { key, cert } = await authority.serverCredentials(['gateway.manyi.internal']);
    const asTerminal = { key, certificate: cert, authority: authority.certificate };
    expect(await connack('t-live', asPeer(asTerminal))).toBe(5);
  });

  it('refuses a certificate that has expired', async () => {
    const authority = await authorityOf(gateway.dataDir);
    const brief = await issueIdentity(authority, 't-expired', undefined, 3_000 / DAY_MS);
    expect(await connack('t-expired', asPeer(brief))).toBe(0);
    await until('its end', async () => (await connack('t-expired', asPeer(brief))) === 5);
  });

  it('does not let a stolen name cut a live terminal off', async () => {
    const socket = await signIn(gateway.mqttPort, login('live'));
    for (let attempt = 0; attempt < 5; attempt++) {
      expect(await connack('t-live', login('thief'))).toBe(5);
      expect(await connack('t-live', null, 'guess')).toBe(5);
    }
    socket.write(publishPacket('manyi/v1/t-live/status', '{"online":true,"connection":"c"}', 1));
    await new Promise((resolve) => socket.once('data', resolve));
    expect(socket.destroyed).toBe(false);
    socket.destroy();
  });

  it('speaks no plain MQTT', async () => {
    const { connect } = await import('node:net');
    const socket = connect(gateway.mqttPort, '127.0.0.1');
    const got: Buffer[] = [];
    socket.on('data', (data) => got.push(data)).on('error', () => {});
    socket.write(connectPacket({ id: 't-live' }));
    await new Promise((resolve) => socket.once('close', resolve));
    // A TLS alert at the most (RFC 8446, 6), no CONNACK.
    expect([undefined, 0x15]).toContain(Buffer.concat(got)[0]);
  });
});

describe('the authority', () => {
  it('keeps its key from everyone else', () => {
    expect(statSync(join(gateway.dataDir, 'pki')).mode & 0o777).toBe(0o700);
    for (const file of ['authority.pem', 'server.pem'])
      expect(statSync(join(gateway.dataDir, 'pki', file)).mode & 0o777).toBe(0o600);
    expect(gateway.log()).not.toContain('PRIVATE KEY');
  });

  it('is the same for all who open it at once', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => authorityOf(join(folder, 'race'))));
    expect(new Set(all.map(({ fingerprint }) => fingerprint)).size).toBe(1);
  });

  it('signs only requests that prove their key, and only of its kind of key', async () => {
    const authority = await authorityOf(gateway.dataDir);
    const { csr } = await makeRequest();
    const middle = Math.floor(csr.length / 2);
    const garbled = `${csr.slice(0, middle)}${csr[middle] === 'A' ? 'B' : 'A'}${csr.slice(middle + 1)}`;
    const rsa = join(folder, 'rsa.csr');
    await run('openssl', [
      ...['req', '-new', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=t-live'],
      ...['-keyout', '/dev/null', '-out', rsa],
    ]);
    for (const bad of ['', 'nonsense', garbled, readFileSync(rsa, 'utf8')])
      await expect(authority.issueTerminal('t-live', bad, 1)).rejects.toMatchObject({ code: 'csr-invalid' });
  });
});

describe('a code', () => {
  it('makes a terminal of a bare machine: enrolled, connected, its first vote stored', async () => {
    const terminal = createTerminal({
      gateway,
      login: login('coded'),
      folder,
      env: {
        MANYI_ENROLMENT_CODE: await newCode('coded'),
        MANYI_IDENTITY: join(folder, 'coded'),
        MANYI_TERMINAL: '',
      },
    });
    await terminal.start();
    await terminal.press('1');
    await until('its vote', async () => (await row('coded'))?.votes === 1);
    expect(statSync(join(folder, 'coded')).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'coded', 'identity.json')).mode & 0o777).toBe(0o600);
    await terminal.end();
    // The next start needs no code, and what it had before (the one that came with the account) is withdrawn.
    terminal.env.MANYI_ENROLMENT_CODE = '';
    await terminal.start();
    await terminal.press('1');
    await until('the next vote', async () => (await row('coded'))?.votes === 2);
    await terminal.end();
    expect(await connack('t-coded', login('coded'))).toBe(5);
    expect(terminal.log()).not.toContain('PRIVATE KEY');
  });

  it('is good for one key, and for it again when the answer was lost', async () => {
    const code = parseEnrolmentCode(await newCode('thief')) as EnrolmentCode;
    const [mine, other] = [await makeRequest(), await makeRequest()];
    const first = await enrol(url(), code, mine.csr);
    const again = await enrol(url(), code, mine.csr);
    expect(again.certificate).not.toBe(first.certificate);
    await expect(enrol(url(), code, other.csr)).rejects.toMatchObject({ code: 'enrolment-code-used' });
    const identity = { key: mine.key, certificate: again.certificate, authority: again.authority };
    expect(await connack('t-thief', asPeer(identity))).toBe(0);
    await until('the code to be closed', async () =>
      enrol(url(), code, mine.csr).then(
        () => false,
        (error) => error.code === 'enrolment-code-used',
      ),
    );
    // Whoever does not hold the secret learns nothing of it.
    const guess = { ...code, secret: 'a'.repeat(26) };
    await expect(enrol(url(), guess, mine.csr)).rejects.toMatchObject({ code: 'enrolment-code-wrong' });
    // And the one who does, does not cut the terminal off that has its certificate now.
    const live = await signIn(gateway.mqttPort, { id: 't-thief', ...asPeer(identity) });
    await expect(enrol(url(), code, mine.csr)).rejects.toMatchObject({ code: 'enrolment-code-used' });
    expect(live.destroyed).toBe(false);
    live.destroy();
  });

  it('is refused when it is wrong, and not said to a gateway that it does not name', async () => {
    const code = parseEnrolmentCode(await newCode('live')) as EnrolmentCode;
    const { csr } = await makeRequest();
    const guess = { ...code, secret: 'a'.repeat(26) };
    await expect(enrol(url(), guess, csr)).rejects.toMatchObject({ code: 'enrolment-code-wrong' });
    const elsewhere = { ...code, authority: 'a'.repeat(32) };
    await expect(enrol(url(), elsewhere, csr)).rejects.toMatchObject({ code: 'gateway-untrusted' });
  });

  it('that has expired says so to whoever holds it, and to nobody else', async () => {
    const code = parseEnrolmentCode(await newCode('expired')) as EnrolmentCode;
    const { csr } = await makeRequest();
    const store = createSqliteStore({ file: databaseFile(gateway.dataDir) });
    await store.fleet.change(async (tx) => {
      const terminalKey = (await tx.terminal('t-expired'))?.key as number;
      const secretHash = hashSecret(code.secret);
      await tx.openEnrolment({ terminalKey, secretHash, expiresAt: Date.now() - 1 });
      const by: By = { actor: { kind: 'cli', user: 'test' }, origin: 'local' };
      return tx.audited(
        { by, action: 'terminal.code', target: { kind: 'terminal', id: 't-expired' } },
        undefined,
      );
    });
    store.close();
    // The gateway looks after its store every 200 ms: until then, the code is open to it.
    await until('the code to be over', () =>
      enrol(url(), code, csr).then(
        () => false,
        (error: { code?: string }) => error.code === 'enrolment-code-expired',
      ),
    );
    const guess = { ...code, secret: 'a'.repeat(26) };
    await expect(enrol(url(), guess, csr)).rejects.toMatchObject({ code: 'enrolment-code-wrong' });
  });

  it.each([
    ['cut-off', (code: string) => code.slice(0, -9)],
    ['mistyped', (code: string) => `${code.slice(0, -1)}0`],
  ])('that is %s is told so at the terminal, which takes presses all the same', async (fault, spoil) => {
    const terminal = createTerminal({
      gateway,
      login: login('coded'),
      folder,
      env: {
        MANYI_ENROLMENT_CODE: spoil(await newCode('coded')),
        MANYI_IDENTITY: join(folder, `coded-${fault}`),
        MANYI_JOURNAL: join(folder, `coded-${fault}.db`),
        MANYI_TERMINAL: '',
      },
    });
    // Whoever sets it up sees it at once; a terminal that knows who it is takes presses meanwhile.
    await expect(terminal.start()).rejects.toThrow(`MANYI_ENROLMENT_CODE: enrolment-code-${fault}: `);
    terminal.env.MANYI_TERMINAL = 't-coded';
    await terminal.start();
    await terminal.press('1');
    await until('the reason', () => terminal.log().includes(`"enrolment-code-${fault}"`));
    await terminal.end();
  });

  it('opens nothing but the way to a certificate', async () => {
    const { secret } = parseEnrolmentCode(await newCode('live')) as EnrolmentCode;
    const before = (await row('live'))?.votes;
    for (const topic of ['votes', 'status', 'hello']) {
      const socket = openSocket(gateway.mqttPort, null);
      socket.write(connectPacket({ id: 't-live', password: secret }));
      await new Promise((resolve) => socket.once('data', resolve));
      socket.write(publishPacket(`manyi/v1/t-live/${topic}`, '{}', 1));
      await until('it to be cut', () => socket.destroyed);
    }
    expect(await row('live')).toMatchObject({ votes: before, terminals: { online: 0 } });
  });
});

describe('a revocation', () => {
  it('cuts the live connection within a second, also from the command line, and holds over a restart', async () => {
    const socket = await signIn(gateway.mqttPort, login('revoked'));
    const cut = new Promise<number>((resolve) => socket.once('close', () => resolve(performance.now())));
    const bystander = await signIn(gateway.mqttPort, login('live'));
    await manyi('terminal', 'revoke', '--terminal', 't-revoked', '--reason', '被盗');
    const revokedAt = performance.now();
    expect((await cut) - revokedAt).toBeLessThan(1_000);
    expect(bystander.destroyed).toBe(false);
    bystander.destroy();
    expect(await connack('t-revoked', login('revoked'))).toBe(5);
    await gateway.stop();
    await gateway.start();
    expect(await connack('t-revoked', login('revoked'))).toBe(5);
    expect(await connack('t-live', login('live'))).toBe(0);
    // A new code is the way back.
    const code = parseEnrolmentCode(await newCode('revoked')) as EnrolmentCode;
    const { key, csr } = await makeRequest();
    const { certificate, authority } = await enrol(url(), code, csr);
    expect(await connack('t-revoked', asPeer({ key, certificate, authority }))).toBe(0);
  });
});

describe('a certificate that the store does not know', () => {
  it('is taken on when it is the authority’s own: issued after the backup that was restored', async () => {
    const unknown = await issueIdentity(await authorityOf(gateway.dataDir), 't-adopted');
    expect(await connack('t-adopted', asPeer(unknown))).toBe(0);
    await until('it to be on record', async () => {
      const list = await manyi('terminal', 'certificates', '--terminal', 't-adopted');
      return list.length === 2 && list[1].firstUsedAt !== null && list[0].reason === 'superseded';
    });
  });
});

describe('renewal', () => {
  it('happens by itself, overlaps, and withdraws the old one once the new one has connected', async () => {
    // 18 s of life, so that a new one is asked for after 12 s, by the terminal itself.
    await gateway.stop();
    const brief = await startGateway({
      dataDir: gateway.dataDir,
      env: { MANYI_CERTIFICATE_DAYS: String(18_000 / DAY_MS) },
    });
    try {
      const terminal = createTerminal({
        gateway: brief,
        login: login('renewing'),
        folder,
        env: { MANYI_ENROLMENT_CODE: await newCode('renewing'), MANYI_IDENTITY: join(folder, 'renewing') },
      });
      await terminal.start();
      await terminal.press('1');
      const list = () => manyi('terminal', 'certificates', '--terminal', 't-renewing');
      const renewed = await until(
        'the second certificate to be in use, and the first withdrawn',
        async () => {
          const [, first, second] = await list();
          return second?.firstUsedAt && first.reason === 'superseded' ? [first, second] : null;
        },
        { timeoutMs: 40_000, everyMs: 500 },
      );
      expect(renewed[1].issuedAt < renewed[0].expiresAt).toBe(true);
      await terminal.press('2');
      await until(
        'both votes',
        async () => (await brief.scores()).find(({ id }) => id === 'w-renewing')?.votes === 2,
      );
      await terminal.end();
    } finally {
      await brief.stop();
      await gateway.start();
    }
  });
});

describe.each([
  ['1970', 'clockless', 30_000],
  ['2099', 'ahead', Date.UTC(2099, 0, 1)],
])('a terminal whose clock is in %s', (_year, name, wallMs) => {
  it('checks its gateway all the same, connects, and its votes have the right time', async () => {
    const clock = createFakeClock(wallMs - Date.now());
    const terminal = createTerminal({ gateway, login: login(name), folder, env: clock.env });
    await terminal.start();
    await until('it to be connected', () => terminal.isConnected());
    await terminal.press('1');
    await until('its vote', async () => (await row(name))?.votes === 1);
    const [vote] = await gateway.getJson<{ at: number; clock: string }[]>(
      `/api/v1/votes?from=0&to=9000000000000&window=w-${name}`,
    );
    expect(Math.abs((vote?.at ?? 0) - Date.now())).toBeLessThan(60_000);
    await terminal.end();
    // Not because it checks nothing: a gateway of another authority is still a stranger.
    const stranger = await startGateway();
    const misled = createTerminal({
      gateway: stranger,
      login: login(name),
      folder: await mkdtemp(join(folder, 'misled-')),
      env: clock.env,
    });
    await misled.start();
    await until('the refusal', () => misled.log().includes('gateway-untrusted'));
    expect(misled.isConnected()).toBe(false);
    await misled.end();
    await stranger.dispose();
    clock.dispose();
  });
});

describe('the audit', () => {
  it('knows who let whom in and out', async () => {
    const store = createSqliteStore({ file: databaseFile(gateway.dataDir) });
    const entries = await store.audit.entries({ limit: 1_000 });
    store.close();
    const actions = new Set(entries.map(({ action }) => action));
    for (const action of ['terminal.code', 'certificate.issue', 'certificate.revoke', 'certificate.adopt'])
      expect(actions).toContain(action);
    expect(entries.find(({ action }) => action === 'certificate.revoke')).toMatchObject({
      actor: expect.stringMatching(/^cli:/),
      target: 'terminal:t-revoked',
      detail: { reason: '被盗' },
    });
    expect(JSON.stringify(entries)).not.toMatch(/PRIVATE KEY|[a-z2-7]{26}\./);
  });
});

describe('a client that is not ours', () => {
  it('signs in with its files', async () => {
    const { code } = await publish(
      gateway.mqttPort,
      login('live'),
      'manyi/v1/t-live/status',
      '{"online":true,"connection":"c"}',
    );
    expect(code).toBe(0);
    const spied = await subscribe(
      gateway.mqttPort,
      login('live'),
      ['manyi/v1/t-thief/certificate', '#'],
      1,
      1,
    );
    expect(spied.out).toBe('');
  });
});

describe('a technician over HTTP', () => {
  it('adds a terminal, gives it a code, and withdraws its certificate, at once', async () => {
    const made = await gateway.send('POST', '/api/v1/terminals', { id: 't-http', windowId: 'w-live' });
    expect(made.status).toBe(201);
    const { code } = (await made.json()) as { code: string };
    const { key, csr } = await makeRequest();
    const { certificate, authority } = await enrol(url(), parseEnrolmentCode(code) as EnrolmentCode, csr);
    const identity = { key, certificate, authority } as Identity;
    const socket = await signIn(gateway.mqttPort, { id: 't-http', identity });
    await until('it to be online', async () =>
      (await gateway.getJson<{ id: string; online: boolean }[]>('/api/v1/terminals')).some(
        ({ id, online }) => id === 't-http' && online,
      ),
    );
    const cut = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    const revoked = await gateway.send('POST', '/api/v1/terminals/t-http/revocations', { reason: '丢失' });
    expect(((await revoked.json()) as { serials: string[] }).serials).toHaveLength(1);
    await cut;
    expect(await connack('t-http', asPeer(identity))).toBe(5);
    expect(
      (await gateway.send('POST', '/api/v1/terminals', { id: 't-http', windowId: 'w-live' })).status,
    ).toBe(409);
    expect((await gateway.send('POST', '/api/v1/terminals/t-none/codes', {})).status).toBe(404);
    expect((await gateway.send('POST', '/api/v1/terminals/t-http/codes', {})).status).toBe(201);
  });
});
