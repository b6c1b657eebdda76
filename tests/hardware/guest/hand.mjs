/**
 * What the host asks of the guest: make a panel of simulated lines, press, watch the lamp, run and kill the agent.
 * Requests and answers are lines of JSON on a virtio-serial port: `{id, op, …}` → `{id, result}` or `{id, error}`;
 * in between come events: `{event, …}`. All times are milliseconds of the guest's monotonic clock.
 */
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { Worker } from 'node:worker_threads';
import { createPanel } from './panel.mjs';

const port = fs.openSync(process.argv[2] ?? '', 'r+');
const say = (/** @type {object} */ message) => fs.writeSync(port, `${JSON.stringify(message)}\n`);

/** @type {import('node:child_process').ChildProcess | undefined} */
let agent;

/** @type {Record<string, (request: any) => unknown>} */
const ops = {
  panel: ({ label, lines }) => createPanel(label, lines),
  play: ({ folder, wave }) => inWorker('./fingers.mjs', { folder, wave }),
  lamp: ({ folder, line }) => watchLamp({ folder, line }),
  start: ({ env }) => startAgent(env),
  kill: ({ signal }) => agent?.kill(signal),
  children: () => fs.readFileSync(`/proc/${agent?.pid}/task/${agent?.pid}/children`, 'utf8').trim(),
  version: ({ program, path }) => versionOf(program, path),
};

/** Runs a worker to its end and gives what it posted. */
function inWorker(/** @type {string} */ file, /** @type {object} */ workerData) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(file, import.meta.url), { workerData });
    worker.once('message', resolve);
    worker.once('error', reject);
  });
}

function watchLamp(/** @type {{folder: string, line: number}} */ workerData) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./eye.mjs', import.meta.url), { workerData });
    worker.once('error', reject);
    worker.on('message', (change) => {
      resolve(undefined);
      say({ event: 'lamp', ...workerData, ...change });
    });
  });
}

/** The agent alone, not in a group of its own: a kill takes the agent and leaves its children, as the kernel would. */
function startAgent(/** @type {Record<string, string>} */ env) {
  const child = spawn(process.execPath, ['/app/dist/terminal/main.js'], {
    env: { PATH: process.env.PATH, HOME: '/tmp', NODE_ENV: 'production', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: '/tmp',
  });
  agent = child;
  for (const stream of [child.stdout, child.stderr]) eachLine(stream, (line) => say({ event: 'log', line }));
  child.once('error', (error) => say({ event: 'log', line: `cannot start: ${error.message}` }));
  child.once('exit', (code, signal) => say({ event: 'exit', pid: child.pid, code, signal }));
  return { pid: child.pid };
}

function versionOf(/** @type {string} */ program, /** @type {string | undefined} */ path) {
  const child = spawn(program, ['--version'], { env: { PATH: path ?? process.env.PATH } });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    eachLine(child.stdout, resolve);
  });
}

function eachLine(
  /** @type {import('node:stream').Readable} */ stream,
  /** @type {(line: string) => void} */ take,
) {
  let rest = '';
  stream.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  });
}

async function answer(/** @type {string} */ line) {
  const { id, op, ...request } = JSON.parse(line);
  try {
    say({ id, result: await ops[op]?.(request) });
  } catch (error) {
    say({ id, error: String(error) });
  }
}

/** The host is gone when the port ends: then nobody needs this guest any more. */
eachLine(
  fs.createReadStream('', { fd: port, autoClose: false }).once('end', () => process.exit(0)),
  answer,
);
say({ event: 'up', uptimeS: Number(fs.readFileSync('/proc/uptime', 'utf8').split(' ')[0]) });
