/** The real systemd-notify speaks to a real socket, as systemd's would be. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serviceManagerAsked } from '../../../protocol/process/config.ts';
import { createServiceManager } from '../../../protocol/process/service-manager.ts';
import { until } from '../../support/wait.ts';

const hasSystemd = existsSync('/usr/bin/systemd-notify');
if (!hasSystemd && process.env.CI === 'true')
  throw new Error('systemd-notify is missing: apt install systemd');
if (!hasSystemd) console.warn('SKIPPED, NOT TESTED: what is told to systemd (no systemd-notify here)');

/** Node.js has no such socket; every Debian has Perl. A datagram a line; the barrier of systemd-notify carries a descriptor that goes with the message. */
const LISTENER = `use Socket; $| = 1;
socket(my $s, PF_UNIX, SOCK_DGRAM, 0) or die $!; bind($s, sockaddr_un($ARGV[0])) or die $!; print "bound\\n";
while (defined recv($s, my $m, 4096, 0)) { print join(' ', split(/\\n/, $m)), "\\n" }`;
const WATCHDOG_MS = 300;

let folder: string;
let listener: ChildProcessByStdio<null, Readable, null>;
let heard: string[];
let logged: [level: string, code: unknown][];
let log: Parameters<typeof createServiceManager>[0];

describe.skipIf(!hasSystemd)('what a service manager is told', () => {
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'manyi-notify-'));
    heard = [];
    // Its own: what an earlier case has started may still be heard to fail.
    const lines: typeof logged = [];
    logged = lines;
    const take = (level: string) => (fields: { code?: string }) => void lines.push([level, fields.code]);
    log = { info: take('info'), warn: take('warn'), error: take('error') };
    const socket = join(folder, 'notify');
    listener = spawn('perl', ['-e', LISTENER, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    listener.stdout.setEncoding('utf8').on('data', (text: string) => heard.push(...text.trim().split('\n')));
    await until('the listener listens', () => heard.includes('bound'));
    process.env.NOTIFY_SOCKET = socket;
  });
  afterEach(() => {
    delete process.env.NOTIFY_SOCKET;
    listener.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  const pings = () => heard.filter((line) => line.includes('WATCHDOG=1')).length;
  const asked = { watchdogMs: WATCHDOG_MS };

  it('ready once, then that it works, at the end that it ends', async () => {
    const manager = createServiceManager(log, asked);
    manager.ready(() => null);
    await until('three pings', () => pings() >= 3);
    manager.stopping();
    await until('the end is told', () => heard.some((line) => line.includes('STOPPING=1')));
    expect(heard.filter((line) => line.includes('READY=1'))).toHaveLength(1);
    expect(logged).toEqual([]);
  });

  it('nothing while it does not work, said once; and again when it works again', async () => {
    let trouble: string | null = 'journal: not for 120 s';
    let asks = 0;
    const manager = createServiceManager(log, asked);
    manager.ready(() => {
      asks += 1;
      return trouble;
    });
    await until('three looks', () => asks >= 3);
    expect(pings()).toBe(0);
    expect(logged).toEqual([['error', 'watchdog-withheld']]);
    trouble = null;
    await until('a ping', () => pings() >= 1);
    expect(logged.at(-1)).toEqual(['info', 'watchdog-withheld']);
    manager.stopping();
  });

  it('nothing while a look does not end, and no second look', async () => {
    let asks = 0;
    let end = () => {};
    const manager = createServiceManager(log, asked);
    manager.ready(() => {
      asks += 1;
      return asks > 1 ? null : new Promise((resolve) => (end = () => resolve(null)));
    });
    // Another watcher of the same rhythm has been asked three times meanwhile.
    let others = 0;
    const other = createServiceManager(log, asked);
    other.ready(() => {
      others += 1;
      return 'never';
    });
    await until('three looks of another', () => others >= 3);
    expect([asks, pings()]).toEqual([1, 0]);
    end();
    await until('two pings', () => pings() >= 2);
    manager.stopping();
    other.stopping();
  });

  it('a program that is missing is said once and ends nothing', async () => {
    const path = process.env.PATH;
    process.env.PATH = folder;
    try {
      const manager = createServiceManager(log, asked);
      let asks = 0;
      manager.ready(() => {
        asks += 1;
        return null;
      });
      await until('three looks', () => asks >= 3);
      expect(logged).toEqual([['warn', 'service-manager-unheard']]);
      process.env.PATH = path;
      await until('a ping', () => pings() >= 1);
      // It was not heard before.
      expect(heard.filter((line) => line.includes('READY=1')).length).toBeGreaterThan(0);
      manager.stopping();
    } finally {
      process.env.PATH = path;
    }
  });
});

describe('what systemd gives to a service', () => {
  it.each([
    [{}, null],
    [{ NOTIFY_SOCKET: '' }, null],
    [{ NOTIFY_SOCKET: '/run/x' }, { watchdogMs: null }],
    [{ NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: '60000000' }, { watchdogMs: 60_000 }],
    [
      { NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: '60000000', WATCHDOG_PID: String(process.pid) },
      { watchdogMs: 60_000 },
    ],
    // Of the shell that started us.
    [{ NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: '60000000', WATCHDOG_PID: '1' }, { watchdogMs: null }],
    [{ NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: '0' }, { watchdogMs: null }],
    [{ NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: 'soon' }, { watchdogMs: null }],
  ])('%j', (environment, wanted) => {
    expect(serviceManagerAsked(environment)).toEqual(wanted);
  });
});
