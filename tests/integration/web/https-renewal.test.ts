/** A certificate over its life: renewed in every way that people renew, cut off half way, soon to end, ended; and self-signed. */
import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownAddresses } from '../../../gateway/pki/own-addresses.ts';
import { createCertificate } from '../../support/certificate.ts';
import { manyi } from '../../support/cli.ts';
import { runProgram, SENTENCE, startProgram } from '../../support/program.ts';
import { until } from '../../support/wait.ts';

type Pair = { cert: string; key: string };
const DAY_MS = 86_400_000;

let folder: string;
let certFile: string;
let keyFile: string;
let running: ReturnType<typeof startProgram> | null = null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manyi-renewal-'));
  certFile = join(folder, 'cert.pem');
  keyFile = join(folder, 'key.pem');
});
afterEach(async () => {
  await running?.stop('SIGKILL');
  running = null;
  rmSync(folder, { recursive: true, force: true });
});

const env = () => ({
  MANYI_DATA_DIR: join(folder, 'data'),
  MANYI_HTTPS_CERT: certFile,
  MANYI_HTTPS_KEY: keyFile,
});
const write = ({ cert, key }: Pair) => {
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key);
};

async function start(environment: Record<string, string> = env()) {
  const gateway = startProgram('gateway', { env: environment });
  running = gateway;
  await gateway.says('"gateway ready"');
  const line = gateway
    .out()
    .split('\n')
    .find((one) => one.includes('"gateway ready"')) as string;
  const { httpPort } = JSON.parse(line) as { httpPort: number };
  return { ...gateway, httpPort };
}

/** Serial numbers of what is served to a new connection, its own first. */
function served(port: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      const chain: string[] = [];
      let one = socket.getPeerCertificate(true);
      while (!chain.includes(one.serialNumber)) {
        chain.push(one.serialNumber);
        one = one.issuerCertificate ?? one;
      }
      resolve(chain);
      socket.destroy();
    });
    socket.once('error', reject);
  });
}
const serialOf = ({ cert }: Pair) => new X509Certificate(cert).serialNumber;
const becomes = (port: number, pair: Pair) =>
  until('the new certificate', async () => (await served(port))[0] === serialOf(pair));

function get(port: number, path: string, agent?: Agent): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, rejectUnauthorized: false, ...(agent ? { agent } : {}) };
    request(options, (response) => {
      let body = '';
      response.on('data', (part) => {
        body += String(part);
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    })
      .once('error', reject)
      .end();
  });
}

describe('renewed files', () => {
  it('that are renamed into place are served to new connections, and those that are there go on', async () => {
    const [first, second] = [await createCertificate(), await createCertificate()];
    write(first);
    const { httpPort, out } = await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const sockets = new Set<unknown>();
    agent.on('free', (socket) => sockets.add(socket));
    await get(httpPort, '/healthz', agent);
    writeFileSync(`${certFile}.new`, second.cert);
    writeFileSync(`${keyFile}.new`, second.key);
    renameSync(`${certFile}.new`, certFile);
    renameSync(`${keyFile}.new`, keyFile);
    await becomes(httpPort, second);
    expect((await get(httpPort, '/healthz', agent)).status).toBe(200);
    expect(sockets.size).toBe(1);
    agent.destroy();
    expect(out()).not.toContain('"level":50');
  });

  it('that are links, which certbot turns to new files', async () => {
    const [first, second] = [await createCertificate(), await createCertificate()];
    const archive = join(folder, 'archive');
    mkdirSync(archive);
    for (const [number, pair] of [first, second].entries()) {
      writeFileSync(join(archive, `cert${number}.pem`), pair.cert);
      writeFileSync(join(archive, `key${number}.pem`), pair.key);
    }
    const turn = (number: number) => {
      for (const [link, name] of [
        [certFile, 'cert'],
        [keyFile, 'key'],
      ]) {
        symlinkSync(join(archive, `${name}${number}.pem`), `${link}.new`);
        renameSync(`${link}.new`, link as string);
      }
    };
    turn(0);
    const { httpPort } = await start();
    expect((await served(httpPort))[0]).toBe(serialOf(first));
    turn(1);
    await becomes(httpPort, second);
  });

  it.each<[string, string, (next: Pair) => void]>([
    ['of which one is written', 'https-key-foreign', ({ cert }) => writeFileSync(certFile, cert)],
    [
      'that are cut off',
      'https-certificate-invalid',
      ({ cert }) => writeFileSync(certFile, cert.slice(0, cert.length / 2)),
    ],
    ['that are gone', 'https-file-unreadable', () => rmSync(keyFile)],
    ['that are empty', 'https-key-invalid', () => writeFileSync(keyFile, '')],
  ])('%s change nothing, and it is said once', async (_name, code, spoil) => {
    const [first, second] = [await createCertificate(), await createCertificate()];
    write(first);
    const { httpPort, says, out, child } = await start();
    spoil(second);
    child.kill('SIGHUP');
    await says(`"code":"${code}"`);
    expect((await served(httpPort))[0]).toBe(serialOf(first));
    const { status, body } = await get(httpPort, '/readyz');
    expect([status, JSON.parse(body)]).toEqual([
      200,
      { ready: true, troubles: [], warnings: ['https-certificate-kept'] },
    ]);
    child.kill('SIGHUP');
    write(second);
    await becomes(httpPort, second);
    expect(out().split(`"code":"${code}"`)).toHaveLength(2);
    expect(JSON.parse((await get(httpPort, '/readyz')).body).warnings).toEqual([]);
  });
});

describe('the end of a certificate', () => {
  it.each<[string, { beginsAt?: number; endsAt?: number }, string | null, number]>([
    ['far away', { endsAt: Date.now() + 22 * DAY_MS }, null, 0],
    ['in 20 days', { endsAt: Date.now() + 20 * DAY_MS }, 'https-certificate-ending', 40],
    ['in 20 hours', { endsAt: Date.now() + 20 * 3_600_000 }, 'https-certificate-ending', 50],
    [
      'past',
      { beginsAt: Date.now() - 2 * DAY_MS, endsAt: Date.now() - DAY_MS },
      'https-certificate-expired',
      50,
    ],
    [
      'and its beginning to come',
      { beginsAt: Date.now() + DAY_MS, endsAt: Date.now() + 90 * DAY_MS },
      'https-certificate-early',
      50,
    ],
  ])('%s', async (_name, life, code, level) => {
    write(await createCertificate(life));
    const { httpPort, out } = await start();
    const said = out()
      .split('\n')
      .filter((line) => line.includes('"https-certificate-'));
    expect(said.map((line) => JSON.parse(line))).toMatchObject(code === null ? [] : [{ code, level }]);
    const { status, body } = await get(httpPort, '/readyz');
    expect([status, JSON.parse(body)]).toEqual([
      200,
      { ready: true, troubles: [], warnings: code === null ? [] : [code] },
    ]);
  });

  it('is a metric', async () => {
    const endsAt = Math.floor((Date.now() + 40 * DAY_MS) / 1_000) * 1_000;
    write(await createCertificate({ endsAt }));
    const { httpPort, says } = await start();
    await says('one-time password');
    const made = await manyi(
      join(folder, 'data'),
      'link',
      'add',
      '--name',
      'x',
      '--kind',
      'metrics',
      '--json',
    );
    const { token } = JSON.parse(made.out) as { token: string };
    const body = await new Promise<string>((resolve, reject) => {
      request(
        {
          host: '127.0.0.1',
          port: httpPort,
          path: '/metrics',
          rejectUnauthorized: false,
          headers: { authorization: `Bearer ${token}` },
        },
        (response) => {
          let text = '';
          response.on('data', (part) => {
            text += String(part);
          });
          response.on('end', () => resolve(text));
        },
      )
        .once('error', reject)
        .end();
    });
    expect(body).toContain(`manyi_https_certificate_expires_seconds ${endsAt / 1_000}\n`);
  });
});

describe('files that cannot be served', () => {
  const refused = async (code: string) => {
    const { code: status, err } = await runProgram('gateway', { env: env() });
    expect(err).toMatch(SENTENCE(code));
    expect(status).toBe(1);
    return err;
  };

  it('a key with a password', async () => {
    const { cert, key } = await createCertificate();
    const locked = createPrivateKey(key).export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'secret',
    });
    write({ cert, key: String(locked) });
    expect(await refused('https-key-encrypted')).not.toContain('secret');
  });

  it('a key of another certificate', async () => {
    write({ cert: (await createCertificate()).cert, key: (await createCertificate()).key });
    await refused('https-key-foreign');
  });

  it('a chain in the wrong order, and in the right one it is served whole', async () => {
    const ca = join(folder, 'ca');
    const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
    openssl(
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=ca', '-days', '90'],
      ...['-keyout', `${ca}.key`, '-out', `${ca}.pem`],
    );
    openssl(
      ...['req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=127.0.0.1'],
      ...['-keyout', keyFile, '-out', `${ca}.csr`],
    );
    openssl(
      ...['x509', '-req', '-in', `${ca}.csr`, '-CA', `${ca}.pem`, '-CAkey', `${ca}.key`, '-CAcreateserial'],
      ...['-days', '60', '-out', `${ca}.leaf`],
    );
    const [leaf, above] = [`${ca}.leaf`, `${ca}.pem`].map((file) => String(execFileSync('cat', [file])));
    writeFileSync(certFile, `${above}${leaf}`);
    expect(await refused('https-key-foreign')).toContain('must be the first');
    writeFileSync(certFile, `${leaf}${above}`);
    const { httpPort } = await start();
    expect(await served(httpPort)).toHaveLength(2);
  });

  it('no certificate at all', async () => {
    write({ cert: 'nothing', key: (await createCertificate()).key });
    await refused('https-certificate-invalid');
  });
});

describe('a self-signed one', () => {
  it("has the machine's addresses, and a browser that was given the exported authority trusts it", async () => {
    const { httpPort } = await start({
      MANYI_DATA_DIR: join(folder, 'data'),
      MANYI_HTTPS: 'self-signed',
      MANYI_HTTP_HOST: '0.0.0.0',
    });
    const exported = join(folder, 'authority.pem');
    const said = await manyi(join(folder, 'data'), 'authority', 'export', '--to', exported);
    expect([said.code, said.err]).toEqual([0, '']);
    const ca = String(execFileSync('cat', [exported]));
    expect(ca).not.toContain('PRIVATE KEY');
    expect(said.out).toContain(new X509Certificate(ca).fingerprint256);
    for (const host of ['127.0.0.1', ...ownAddresses()])
      await new Promise<void>((resolve, reject) => {
        const socket = connect({ host, port: httpPort, ca, ALPNProtocols: ['http/1.1'] }, () => {
          expect(socket.authorized).toBe(true);
          socket.destroy();
          resolve();
        });
        socket.once('error', reject);
      });
    const again = await manyi(join(folder, 'data'), 'authority', 'export', '--to', exported);
    expect([again.code, again.err]).toEqual([1, expect.stringMatching(/^file-exists: /)]);
    const printed = await manyi(join(folder, 'data'), 'authority', 'export');
    expect(printed.out.trim()).toBe(ca.trim());
  });
});

it('SIGHUP ends no terminal', async () => {
  const terminal = startProgram('terminal', {
    env: {
      MANYI_TERMINAL: 't-1',
      MANYI_JOURNAL: join(folder, 'journal.db'),
      MANYI_IDENTITY: join(folder, 'identity'),
      MANYI_GATEWAY: 'mqtts://127.0.0.1:9',
    },
  });
  running = terminal;
  await terminal.says('"terminal ready"');
  terminal.child.kill('SIGHUP');
  await terminal.says('nothing is read again');
  terminal.child.stdin?.write('1');
  await terminal.says('"press thanked"');
});
