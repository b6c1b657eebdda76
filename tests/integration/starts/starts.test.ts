/** What keeps a program from starting is said in one coded sentence that names the setting or what to do, and no stack. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOBODY, OTHER_USERS, openFolder } from '../../support/other-user.ts';
import { have, succeeds } from '../../support/prerequisites.ts';
import { type ProgramName, runProgram, SENTENCE, startProgram } from '../../support/program.ts';
import { MOUNTS, mountSmallDisk } from '../../support/small-disk.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'manyi-starts-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let folders = 0;
const fresh = () => {
  folders += 1;
  return join(folder, `data-${folders}`);
};
const gateway = (env: Record<string, string>, options: Parameters<typeof runProgram>[1] = {}) =>
  runProgram('gateway', { ...options, env: { MANYI_DATA_DIR: fresh(), ...env } });

/** What such a Node.js says of itself: another one is not on every machine. */
const preload = (name: string, text: string): string[] => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return ['--import', file];
};

describe.each<ProgramName>(['gateway', 'manyi', 'terminal', 'demo'])('%s', (name) => {
  const options = () => ({
    args: name === 'manyi' ? ['unit', 'add', '--name', 'x'] : name === 'demo' ? ['--data-dir', fresh()] : [],
    env: {
      MANYI_DATA_DIR: fresh(),
      MANYI_TERMINAL: 't-1',
      MANYI_IDENTITY: fresh(),
      MANYI_JOURNAL: join(fresh(), 'j.db'),
    },
  });

  it('with a Node.js that is too old', async () => {
    const nodeArgs = preload(
      'old.mjs',
      `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8' } });`,
    );
    const { code, err } = await runProgram(name, { ...options(), nodeArgs });
    expect(err).toMatch(SENTENCE('node-too-old'));
    expect(err).toContain('20.19');
    expect(code).toBe(1);
  });

  it('with native modules of another Node.js', async () => {
    const nodeArgs = preload(
      'foreign.mjs',
      `process.dlopen = (_module, file) => { throw Object.assign(new Error("The module '" + file + "'\\nwas compiled against ` +
        `a different Node.js version using\\nNODE_MODULE_VERSION 115. This version of Node.js requires\\nNODE_MODULE_VERSION 127."), ` +
        `{ code: 'ERR_DLOPEN_FAILED' }); };`,
    );
    const { code, err } = await runProgram(name, { ...options(), nodeArgs });
    expect(err.replaceAll(/^· .*\n/gm, '')).toMatch(SENTENCE('node-foreign'));
    expect(err).toContain('npm run setup');
    expect(code).toBe(1);
  });

  it('shows where in it a fault was only when asked', async () => {
    const nodeArgs = preload('broken.mjs', `process.dlopen = () => { throw new TypeError('nobody knew'); };`);
    const given = options();
    const quiet = await runProgram(name, { ...given, nodeArgs });
    expect(quiet.err.replaceAll(/^· .*\n/gm, '')).toMatch(SENTENCE('internal'));
    const loud = await runProgram(name, {
      ...given,
      nodeArgs,
      env: { ...given.env, MANYI_LOG_LEVEL: 'debug' },
    });
    expect(loud.err).toMatch(/internal: nobody knew.*\n.*\n\s+at /);
  });
});

describe('the gateway where it cannot listen', () => {
  it.each(['MQTT', 'HTTP'] as const)('a port of %s that is taken', async (name) => {
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
    const { port } = holder.address() as { port: number };
    const { code, err } = await gateway({ [`MANYI_${name}_PORT`]: String(port) });
    holder.close();
    expect(err.split('\n').at(-2)).toMatch(/^port-taken: /);
    expect(err).toContain(`127.0.0.1:${port}`);
    expect(err).toContain(`MANYI_${name}_PORT`);
    expect(err).not.toMatch(/\n\s+at /);
    expect(code).toBe(1);
  });

  it.each([
    ['MANYI_HTTP_HOST', '192.0.2.77', 'address-foreign'],
    ['MANYI_MQTT_HOST', '192.0.2.77', 'address-foreign'],
    ['MANYI_HTTP_HOST', 'no-such-host.invalid', 'host-unknown'],
    ['MANYI_MQTT_HOST', 'no-such-host.invalid', 'host-unknown'],
  ])('%s=%s', async (setting, value, expected) => {
    const { code, err } = await gateway({ [setting]: value });
    expect(err).toMatch(SENTENCE(expected));
    expect(err).toContain(setting);
    expect(err).toContain(value);
    expect(code).toBe(1);
  });

  it('a second one on the same data', async () => {
    const dataDir = fresh();
    const first = startProgram('gateway', { env: { MANYI_DATA_DIR: dataDir } });
    await first.says('"gateway ready"');
    const { code, err } = await gateway({ MANYI_DATA_DIR: dataDir });
    expect(err).toMatch(SENTENCE('data-in-use'));
    expect(code).toBe(1);
    expect(await first.stop()).toBe(0);
  });
});

const lowPortsAreRoots = () =>
  !succeeds('sh', ['-c', 'test $(cat /proc/sys/net/ipv4/ip_unprivileged_port_start) -le 443']);

describe.runIf(have(OTHER_USERS))('as a user who is not root', () => {
  it.runIf(lowPortsAreRoots())('port 443', async () => {
    const { code, err } = await gateway(
      { MANYI_DATA_DIR: openDataFolder(), MANYI_HTTP_PORT: '443' },
      { user: NOBODY, cwd: '/' },
    );
    expect(err.split('\n').at(-2)).toMatch(/^port-not-allowed: .*443.*MANYI_HTTP_PORT/);
    expect(code).toBe(1);
  });

  it('a checkout that it may not write', () => {
    const checkout = openFolder('manyi-checkout-');
    const root = new URL('../../..', import.meta.url).pathname;
    for (const name of ['scripts', 'package.json', 'package-lock.json', 'tsconfig.json'])
      cpSync(join(root, name), join(checkout, name), { recursive: true });
    succeeds('chmod', ['-R', 'a+rX', checkout]);
    const { status, stderr } = spawnSync(process.execPath, [join(checkout, 'scripts/setup.mjs'), 'build'], {
      ...NOBODY,
      cwd: '/',
    });
    expect(String(stderr)).toMatch(SENTENCE('setup-not-ours'));
    expect(status).toBe(1);
    rmSync(checkout, { recursive: true });
  });

  it('a data folder that it cannot make', async () => {
    const parent = openFolder('manyi-root-');
    const { code, err } = await gateway({ MANYI_DATA_DIR: join(parent, 'data') }, { user: NOBODY, cwd: '/' });
    expect(err).toMatch(SENTENCE('storage-not-ours'));
    expect(err).toContain('is owned by root, and this runs as nobody');
    expect(code).toBe(1);
    expect(readdirSync(parent)).toEqual([]);
    rmSync(parent, { recursive: true });
  });

  function openDataFolder(): string {
    const parent = openFolder('manyi-nobody-');
    succeeds('chown', [`${NOBODY.uid}:${NOBODY.gid}`, parent]);
    return join(parent, 'data');
  }
});

describe('a data folder that is none', () => {
  const commands: [string, (dataDir: string) => ReturnType<typeof runProgram>][] = [
    ['the gateway', (dataDir) => gateway({ MANYI_DATA_DIR: dataDir })],
    ['a command that reads', (dataDir) => manyi(dataDir, 'unit', 'list')],
    ['a command that writes', (dataDir) => manyi(dataDir, 'unit', 'add', '--name', 'x')],
    ['the demo', (dataDir) => runProgram('demo', { args: ['--data-dir', dataDir, '--no-keyboard'] })],
  ];
  const manyi = (dataDir: string, ...args: string[]) =>
    runProgram('manyi', { args: ['--data-dir', dataDir, ...args] });

  it.each(commands)('a file, for %s', async (_name, command) => {
    const file = `${fresh()}.txt`;
    writeFileSync(file, 'a file');
    for (const path of [file, join(file, 'below')]) {
      const { code, err } = await command(path);
      expect(err).toMatch(/^(folder-invalid|storage-missing): [^\n]+\n$/);
      expect(code).toBe(1);
    }
  });

  it.each(commands)('a link to nowhere, for %s', async (_name, command) => {
    const link = fresh();
    symlinkSync(join(folder, 'nowhere', 'at', 'all'), link);
    const { code, err } = await command(link);
    expect(err).toMatch(/^[a-z]+-[a-z-]+: [^\n]+\n$/);
    expect(err).not.toMatch(/^internal/);
    expect(code).toBe(1);
  });

  it.runIf(have(MOUNTS)).each(commands)('on a disk that can only be read, for %s', async (_name, command) => {
    const disk = mountSmallDisk(4_096);
    try {
      const dataDir = join(disk.path, 'data');
      await manyi(dataDir, 'unit', 'add', '--name', 'x', '--id', 'x1');
      expect(succeeds('mount', ['-o', 'remount,ro', disk.path])).toBe(true);
      const { code, err } = await command(dataDir);
      expect(err).toMatch(SENTENCE('storage-read-only'));
      expect(code).toBe(1);
    } finally {
      disk.dispose();
    }
  });

  it.runIf(have(MOUNTS)).each(commands.filter(([name]) => name !== 'a command that reads'))(
    'on a disk that is full, for %s',
    async (_name, command) => {
      const disk = mountSmallDisk(256);
      try {
        mkdirSync(join(disk.path, 'data'));
        disk.fill();
        const { code, err } = await command(join(disk.path, 'data'));
        expect(err).toMatch(SENTENCE('storage-full'));
        expect(code).toBe(1);
      } finally {
        disk.dispose();
      }
    },
  );
});

describe('descriptors', () => {
  const under = (limit: number) => ['sh', '-c', `ulimit -n ${limit}; exec "$@"`, 'sh'];

  it('too few to begin with', async () => {
    // Node itself has some open, and wants one or two at a time for what it loads.
    const looks = ['-p', `require('node:fs').openSync('/dev/null')`];
    const ofNode = Number(spawnSync(process.execPath, looks, { encoding: 'utf8' }).stdout);
    const { code, err } = await gateway({}, { under: under(ofNode + 2) });
    expect(err).toMatch(SENTENCE('descriptors-none'));
    expect(code).toBe(1);
  });

  it('too few for all terminals and walls: said at the start, and while they run out, and nothing ends', async () => {
    const program = startProgram('gateway', { env: { MANYI_DATA_DIR: fresh() }, under: under(300) });
    await program.says('"gateway ready"');
    await program.says('"code":"descriptors-few"');
    const { httpPort } = JSON.parse(
      program
        .out()
        .split('\n')
        .find((line) => line.includes('"gateway ready"')) as string,
    ) as { httpPort: number };
    const { connect } = await import('node:net');
    const sockets = Array.from({ length: 400 }, () => connect(httpPort, '127.0.0.1').on('error', () => {}));
    await program.says('"code":"descriptors-none"');
    for (const socket of sockets) socket.destroy();
    const alive = await fetch(`http://127.0.0.1:${httpPort}/healthz`);
    expect(alive.status).toBe(200);
    expect(await program.stop()).toBe(0);
  });
});

it('starts in any zone and any locale', async () => {
  const program = startProgram('gateway', {
    env: {
      MANYI_DATA_DIR: fresh(),
      TZ: 'Nowhere/At_All',
      LC_ALL: 'tr_TR.UTF-8',
      LANG: 'no such locale',
      LANGUAGE: '\u{1F600}',
    },
  });
  await program.says('"gateway ready"');
  expect(await program.stop()).toBe(0);
});
