/** Other users of the machine: nothing in the data folder is theirs to read or to write, whatever the umask says. */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { reap } from '../../support/reaper.ts';
import { until } from '../../support/wait.ts';

const dist = (file: string) => new URL(`../../../dist/gateway/run/${file}`, import.meta.url).pathname;
const run = promisify(execFile);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manyi-modes-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What others than the owner may do with the folder or anything in it. */
function openToOthers(dataDir: string): string[] {
  const below = readdirSync(dataDir, { recursive: true }).map((path) => join(dataDir, String(path)));
  return [dataDir, ...below]
    .map((path) => ({ path, mode: statSync(path).mode & 0o777 }))
    .filter(({ mode }) => (mode & 0o077) !== 0)
    .map(({ path, mode }) => `${mode.toString(8)} ${path.slice(dataDir.length)}`);
}

/** A process that makes files as freely as its shell lets it. */
const withUmask = (umask: string, ...command: string[]) => [
  '-c',
  `umask ${umask}; exec "$@"`,
  'sh',
  process.execPath,
  ...command,
];

it.each(['000', '022'])('a gateway with umask %s, while it runs', async (umask) => {
  const dataDir = join(folder, 'data');
  const env = {
    ...process.env,
    MANYI_DATA_DIR: dataDir,
    MANYI_HTTP_PORT: '0',
    MANYI_MQTT_PORT: '0',
    MANYI_MQTT_HOST: '127.0.0.1',
  };
  const gateway = reap(
    spawn('sh', withUmask(umask, dist('main.js')), { env, stdio: ['ignore', 'pipe', 'ignore'] }),
  );
  let log = '';
  gateway.stdout?.on('data', (data) => {
    log += String(data);
  });
  await until('it to be ready', () => log.includes('"gateway ready"'));
  expect(readdirSync(dataDir)).toContain('manyi.db-wal');
  expect(openToOthers(dataDir)).toEqual([]);
  const ended = new Promise((resolve) => gateway.once('exit', resolve));
  gateway.kill('SIGTERM');
  await ended;
});

it('the command line with umask 000, its backup and what is restored from it', async () => {
  const dataDir = join(folder, 'data');
  const manyi = (...args: string[]) =>
    run('sh', withUmask('000', dist('manyi.js'), '--data-dir', dataDir, ...args));
  await manyi('unit', 'add', '--name', '大厅', '--id', 'hall');
  await manyi('window', 'add', '--unit', 'hall', '--name', '一号', '--id', 'w-1');
  await manyi('terminal', 'add', '--window', 'w-1', '--id', 't-1');
  expect(openToOthers(dataDir)).toEqual([]);
  const backup = join(folder, 'backup');
  await manyi('backup', '--to', backup);
  expect(openToOthers(backup)).toEqual([]);
  await manyi('restore', backup);
  expect(openToOthers(dataDir)).toEqual([]);
});
