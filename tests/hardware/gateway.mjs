/** The real gateway, a process beside the guest, on the host's loopback. The guest reaches it as 10.0.2.2. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { run } from '../support/rig/shell.mjs';
import { until } from '../support/rig/until.mjs';
import { onLines } from './boot.mjs';

const LOG_LINES = 40;

/** @typedef {{epoch: string, seq: number, rating: string, at: number, terminal: string, window: string}} StoredVote */
/** @typedef {Awaited<ReturnType<typeof createGateway>>} Gateway */

/**
 * @param {object} options
 * @param {string} options.app the checkout, built
 * @param {string} options.dataDir
 */
export async function createGateway({ app, dataDir }) {
  fs.mkdirSync(dataDir, { recursive: true });
  /** The first start finds free ports; later ones take the same, as a gateway that comes back does. */
  const ports = { http: 0, mqtt: 0 };
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let running;
  /** @type {string[]} */
  const tail = [];
  const adminPassword = randomBytes(12).toString('base64url');
  /** Of a session, which outlives restarts of the gateway. */
  let cookie = '';
  const env = () => ({
    ...process.env,
    // Whoever has it set means a database of theirs.
    MANYI_DATABASE: '',
    MANYI_DATA_DIR: dataDir,
    MANYI_HTTP_PORT: String(ports.http),
    MANYI_MQTT_PORT: String(ports.mqtt),
    // Simulated fingers are quicker than a window's citizens.
    MANYI_VOTES_PER_MINUTE: '1000000000',
    MANYI_VOTES_PER_HOUR: '1000000000',
    MANYI_VOTES_PER_DAY: '1000000000',
    MANYI_FIRST_RULES: 'none',
    MANYI_ADMIN_PASSWORD: adminPassword,
  });
  process.once('exit', () => running?.kill('SIGKILL'));

  async function start() {
    const child = spawn(process.execPath, [path.join(app, 'dist/gateway/run/main.js')], {
      env: env(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running = child;
    /** @type {{httpPort: number, mqttPort: number} | undefined} */
    let ready;
    for (const stream of [child.stdout, child.stderr]) {
      onLines(stream, (line) => {
        if (tail.push(line) > LOG_LINES) tail.shift();
        const entry = parse(line);
        if (entry?.msg === 'gateway ready') ready = entry;
      });
    }
    const why = () => `Its log:\n${tail.join('\n')}`;
    await until('the gateway is ready', () => ready ?? hasEnded(child), { timeoutMs: 30_000, why });
    if (!ready) throw new Error(`The gateway ended at once. ${why()}`);
    ports.http = ready.httpPort;
    ports.mqtt = ready.mqttPort;
  }

  async function stop(/** @type {NodeJS.Signals} */ signal = 'SIGTERM') {
    const child = running;
    if (!child || hasEnded(child)) return;
    child.kill(signal);
    await until('the gateway has ended', () => hasEnded(child), { timeoutMs: 15_000 });
  }

  /** @returns {Promise<any>} what the command printed */
  async function manyi(/** @type {string[]} */ ...args) {
    const command = [path.join(app, 'dist/gateway/run/manyi.js'), '--json', ...args];
    return JSON.parse(await run(process.execPath, command, { env: env(), timeoutMs: 30_000 }));
  }

  async function signIn() {
    const response = await fetch(`http://127.0.0.1:${ports.http}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'admin', password: adminPassword }),
      signal: AbortSignal.timeout(10_000),
    });
    if (!response.ok) throw new Error(`sign-in: ${response.status} ${await response.text()}`);
    cookie = response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  }

  /** @returns {Promise<any>} */
  async function get(/** @type {string} */ resource) {
    if (cookie === '') await signIn();
    const response = await fetch(`http://127.0.0.1:${ports.http}/api/v1/${resource}`, {
      headers: { cookie },
      signal: AbortSignal.timeout(10_000),
    });
    if (!response.ok) throw new Error(`GET ${resource}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  const yesterday = Date.now() - 86_400_000;
  return {
    start,
    stop,
    manyi,
    isUp: () => running !== undefined && !hasEnded(running),
    mqttPort: () => ports.mqtt,
    /** @returns {Promise<StoredVote[]>} */
    votesOf: async (/** @type {string} */ terminal) =>
      (await get(`votes?from=${yesterday}&to=${Date.now() + 86_400_000}&format=json`)).filter(
        (/** @type {StoredVote} */ vote) => vote.terminal === terminal,
      ),
    /** Of seven days, so that midnight may pass. */
    scores: () => get('scores?period=7d'),
    logTail: () => tail.join('\n'),
  };
}

const hasEnded = (/** @type {import('node:child_process').ChildProcess} */ child) =>
  child.exitCode !== null || child.signalCode !== null;

/** A line of pino's, or undefined for any other. */
export function parse(/** @type {string} */ line) {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
