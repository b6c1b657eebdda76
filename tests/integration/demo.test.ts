/** `npm run demo` from the outside: it comes up, votes come in, a key is a vote, Ctrl-C leaves nothing behind. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ScoreRow } from '../../protocol/score.ts';
import { openSession } from '../support/client.ts';

const script = fileURLToPath(new URL('../../dist/scripts/demo.js', import.meta.url));
const SETUP_MS = 90_000;

let dataDir: string;
let demo: ChildProcessWithoutNullStreams | null;
let output: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'manyi-demo-'));
  demo = null;
  output = '';
});

afterEach(() => {
  demo?.kill('SIGKILL');
  for (const pid of processesOf(dataDir)) process.kill(pid, 'SIGKILL');
  rmSync(dataDir, { recursive: true, force: true });
});

function start(...args: string[]): ChildProcessWithoutNullStreams {
  demo = spawn(process.execPath, [
    script,
    '--http-port',
    '0',
    '--mqtt-port',
    '0',
    '--data-dir',
    dataDir,
    ...args,
  ]);
  for (const stream of [demo.stdout, demo.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  return demo;
}

async function until<T>(find: () => T | Promise<T>, timeoutMs = 15_000): Promise<NonNullable<T>> {
  const endMs = Date.now() + timeoutMs;
  for (;;) {
    const found = await find();
    if (found) return found;
    if (Date.now() > endMs) throw new Error(`not in ${timeoutMs} ms. The demo said:\n${output}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const ending = (child: ChildProcessWithoutNullStreams) =>
  until(() => child.exitCode !== null || child.signalCode !== null).then(() => child.exitCode);
const address = () => until(() => output.match(/http:\/\/127\.0\.0\.1:\d+(?=\/wall)/)?.[0], SETUP_MS);

/** As the screen says it: the wall's link for a program, the name and the password for a person. */
const linkToken = () => output.match(/\/wall\/#token=(\S+)/)?.[1];

async function rows(base: string): Promise<Map<string, ScoreRow>> {
  const response = await fetch(`${base}/api/v1/scores?period=today`, {
    headers: { authorization: `Bearer ${linkToken()}` },
  });
  expect(response.status).toBe(200);
  return new Map(((await response.json()) as ScoreRow[]).map((row) => [row.id, row]));
}

/** Processes that were given this data folder, from their environments and command lines (Linux). */
function processesOf(folder: string): number[] {
  if (!existsSync('/proc/self/environ')) return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        return ['environ', 'cmdline'].some((file) =>
          readFileSync(`/proc/${pid}/${file}`, 'utf8').includes(folder),
        );
      } catch {
        return false;
      }
    })
    .map(Number);
}

test('a district votes, a key press is one more vote, and an end by Ctrl-C is a clean one', {
  timeout: 240_000,
}, async () => {
  const first = start('--rate', '20', '--seed', '7');
  const base = await address();

  const district = await until(async () => {
    const row = (await rows(base)).get('yunling');
    return row && row.votes >= 20 && row.terminals.online === 24 ? row : null;
  }, 30_000);
  expect(district).toMatchObject({ kind: 'unit', name: '云岭区', parentId: null });
  const all = [...(await rows(base)).values()];
  expect(all.filter(({ kind }) => kind === 'window')).toHaveLength(24);
  expect(all.filter(({ kind, parentId }) => kind === 'unit' && parentId === 'yunling')).toHaveLength(8);

  const [, name, password] = output.match(/Sign in\s+(\S+)\s+(\S+)/) ?? [];
  await openSession(base, { name, password });

  // Nobody but the keyboard votes at the first window.
  expect((await rows(base)).get('hall-1')?.votes).toBe(0);
  first.stdin.write('3');
  const pressed = await until(async () => {
    const row = (await rows(base)).get('hall-1');
    return row?.votes ? row : null;
  });
  expect(pressed.counts).toEqual({ satisfied: 0, basically: 0, unsatisfied: 1 });
  expect(output).toContain('谢谢');

  expect(processesOf(dataDir).length).toBeGreaterThanOrEqual(3);
  first.kill('SIGINT');
  expect(await ending(first)).toBe(0);
  expect(output).toContain('all of them are stored');
  expect(processesOf(dataDir)).toEqual([]);

  // The same folder again: the district, the passwords and the votes are still there.
  const before = output.match(/thanked for (\d+) votes/)?.[1];
  output = '';
  const second = start('--rate', '0', '--no-keyboard');
  const again = await rows(await address());
  expect(output).not.toContain('Making the district 12');
  expect(again.get('yunling')?.votes).toBe(Number(before) + 1);
  second.kill('SIGTERM');
  expect(await ending(second)).toBe(0);
  expect(processesOf(dataDir)).toEqual([]);
});

test('a child that dies is named, and the rest is ended', { timeout: 180_000 }, async () => {
  const child = start('--terminals', '2', '--no-keyboard');
  await address();
  const gateway = processesOf(dataDir).find((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('gateway/main.js'),
  );
  process.kill(gateway!, 'SIGKILL');
  expect(await ending(child)).toBe(1);
  expect(output).toContain('child-ended: The gateway ended with SIGKILL');
  expect(output).toContain(join(dataDir, 'gateway.log'));
  expect(processesOf(dataDir)).toEqual([]);
});

test('wrong options and a taken port are told before anything is made', async () => {
  expect(await ending(start('--rate', 'fast', '--colour'))).toBe(2);
  expect(output).toContain('option-invalid: --rate');
  expect(output).toContain('option-unknown: --colour');

  const squatter = createServer().listen(0, '127.0.0.1');
  await until(() => squatter.listening);
  const { port } = squatter.address() as { port: number };
  output = '';
  expect(await ending(start('--http-port', String(port)))).toBe(1);
  expect(output).toContain(`port-taken: port ${port} is in use`);
  expect(output).toContain('--http-port');
  squatter.close();
});

test('a process id that was left behind keeps nobody out, and one demo that runs does', {
  timeout: 180_000,
}, async () => {
  // As after a power cut, in a container say: it is somebody's, but no demo's.
  writeFileSync(join(dataDir, 'demo.pid'), String(process.pid));
  const first = start('--terminals', '2', '--no-keyboard');
  await address();
  output = '';
  const second = start('--terminals', '2', '--no-keyboard');
  expect(await ending(second)).toBe(1);
  expect(output).toContain(`data-dir-in-use: another demo (process ${first.pid}) uses`);
  first.kill('SIGTERM');
  expect(await ending(first)).toBe(0);
});

test('Ctrl-C twice ends at once what would not end by itself', { timeout: 180_000 }, async () => {
  const child = start('--terminals', '2', '--no-keyboard', '--rate', '5');
  await address();
  const gateway = processesOf(dataDir).find((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('gateway/main.js'),
  );
  // It hears nothing and answers nothing.
  process.kill(gateway!, 'SIGSTOP');
  child.kill('SIGINT');
  await until(() => output.includes('Ctrl-C again ends at once'));
  const began = performance.now();
  child.kill('SIGINT');
  expect(await ending(child)).toBe(0);
  expect(performance.now() - began).toBeLessThan(5_000);
  expect(processesOf(dataDir)).toEqual([]);
});
