/** `npm run demo` from the outside: it comes up, votes come in, a key is a vote, Ctrl-C leaves nothing behind. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSession } from '../../support/client.ts';
import { type DemoRun, newDemoFolder, processesOf, removeDemoFolder, startDemo } from '../../support/demo.ts';
import { pressedOf } from '../../support/recount.ts';
import { until } from '../../support/wait.ts';

const SETUP_MS = 90_000;

let dataDir: string;
const start = (...args: string[]) => startDemo(dataDir, ...args);
const addressOf = (demo: DemoRun) =>
  demo.says(/http:\/\/127\.0\.0\.1:\d+(?=\/wall)/, { timeoutMs: SETUP_MS });
const gatewayOf = (folder: string) =>
  processesOf(folder).find((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('gateway/run/main.js'),
  )!;

beforeEach(() => {
  dataDir = newDemoFolder();
});

afterEach(() => removeDemoFolder(dataDir));

test('a district votes, a key press is one more vote, and an end by Ctrl-C is a clean one', {
  timeout: 240_000,
}, async () => {
  const first = start('--rate', '20', '--seed', '7');
  const base = await addressOf(first);

  const rows = (at = base) => first.scores(at);
  const district = await until(
    'votes of all terminals',
    async () => {
      const row = (await rows()).get('yunling');
      return row && pressedOf(row) >= 20 && row.terminals.online === 24 ? row : null;
    },
    { timeoutMs: 30_000 },
  );
  expect(district).toMatchObject({ kind: 'unit', name: '云岭区', parentId: null });
  const all = [...(await rows()).values()];
  expect(all.filter(({ kind }) => kind === 'window')).toHaveLength(24);
  expect(all.filter(({ kind, parentId }) => kind === 'unit' && parentId === 'yunling')).toHaveLength(8);

  const [, name, password] = first.output().match(/Sign in\s+(\S+)\s+(\S+)/) ?? [];
  await openSession(base, { name, password });

  // Nobody but the keyboard votes at the first window.
  expect((await rows()).get('hall-1')?.votes).toBe(0);
  first.process.stdin.write('3');
  const pressed = await until('the press to be counted', async () => {
    const row = (await rows()).get('hall-1');
    return row?.votes ? row : null;
  });
  expect(pressed.counts).toEqual({ satisfied: 0, basically: 0, unsatisfied: 1 });
  expect(first.output()).toContain('谢谢');

  expect(processesOf(dataDir).length).toBeGreaterThanOrEqual(3);
  first.process.kill('SIGINT');
  expect(await first.ended()).toBe(0);
  expect(first.output()).toContain('all of them are stored');
  expect(processesOf(dataDir)).toEqual([]);

  // The same folder again: the district, the passwords and the votes are still there.
  const before = first.output().match(/thanked for (\d+) votes/)?.[1];
  const second = start('--rate', '0', '--no-keyboard');
  const again = (await second.scores(await addressOf(second))).get('yunling');
  expect(second.output()).not.toContain('Making the district 12');
  expect(again && pressedOf(again)).toBe(Number(before) + 1);
  // At this rate they are quicker than citizens are: what is not counted is not lost.
  expect(again?.discounted?.reasons['too-soon']).toBeGreaterThan(0);
  second.process.kill('SIGTERM');
  expect(await second.ended()).toBe(0);
  expect(processesOf(dataDir)).toEqual([]);
});

test('a child that dies is named, and the rest is ended', { timeout: 180_000 }, async () => {
  const demo = start('--terminals', '2', '--no-keyboard');
  await addressOf(demo);
  process.kill(gatewayOf(dataDir), 'SIGKILL');
  expect(await demo.ended()).toBe(1);
  expect(demo.output()).toContain('child-ended: The gateway ended with SIGKILL');
  expect(demo.output()).toContain(join(dataDir, 'gateway.log'));
  expect(processesOf(dataDir)).toEqual([]);
});

test('wrong options and a taken port are told before anything is made', async () => {
  const wrong = start('--rate', 'fast', '--colour');
  expect(await wrong.ended()).toBe(2);
  expect(wrong.output()).toContain('option-invalid: --rate');
  expect(wrong.output()).toContain('option-unknown: --colour');

  const squatter = createServer().listen(0, '127.0.0.1');
  await until('the squatter to listen', () => squatter.listening);
  const { port } = squatter.address() as { port: number };
  const late = start('--http-port', String(port));
  expect(await late.ended()).toBe(1);
  expect(late.output()).toContain(`port-taken: port ${port} is in use`);
  expect(late.output()).toContain('--http-port');
  squatter.close();
});

test('a process id that was left behind keeps nobody out, one demo that runs does; killed, it leaves nobody', {
  timeout: 180_000,
}, async () => {
  // As after a power cut, in a container say: it is somebody's, but no demo's.
  writeFileSync(join(dataDir, 'demo.pid'), String(process.pid));
  const first = start('--terminals', '2', '--no-keyboard');
  await addressOf(first);
  const second = start('--terminals', '2', '--no-keyboard');
  expect(await second.ended()).toBe(1);
  expect(second.output()).toContain(`data-dir-in-use: another demo (process ${first.process.pid}) uses`);

  // A process that is killed can end nobody.
  first.process.kill('SIGKILL');
  await until('its gateway to end, too', () => processesOf(dataDir).length === 0);
});

test('Ctrl-C twice ends at once what would not end by itself', { timeout: 180_000 }, async () => {
  const demo = start('--terminals', '2', '--no-keyboard', '--rate', '5');
  await addressOf(demo);
  // It hears nothing and answers nothing.
  process.kill(gatewayOf(dataDir), 'SIGSTOP');
  demo.process.kill('SIGINT');
  await demo.says('Ctrl-C again ends at once');
  const began = performance.now();
  demo.process.kill('SIGINT');
  expect(await demo.ended()).toBe(0);
  expect(performance.now() - began).toBeLessThan(5_000);
  expect(processesOf(dataDir)).toEqual([]);
});
