/**
 * Many terminals in one process: the real agents of dist/, without buttons. Presses come from the parent process, and the
 * answer to each goes back: thanked under a number, or refused with a code.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createAgent } from '../../dist/device/agent.js';
import { createBackoff } from '../../dist/device/backoff.js';
import { createClock, systemSources } from '../../dist/device/board/clock.js';
import { readConfig } from '../../dist/device/config.js';

/** @typedef {import('../../device/agent.ts').Agent} Agent */
/** @typedef {import('./agent-swarm.ts').ToChild} ToChild */
/** @typedef {import('./agent-swarm.ts').FromChild} FromChild */
/** @typedef {import('./agent-swarm.ts').SwarmUplink} SwarmUplink */
/** @typedef {import('../../protocol/vote.ts').Rating} Rating */

/** @type {Map<string, Agent>} */
const agents = new Map();
const clock = createClock();

const tell = (/** @type {FromChild} */ message) => process.send?.(message);
const monoMs = () => Number(process.hrtime.bigint()) / 1e6;

/** @param {string} id */
function logOf(id) {
  const write = (/** @type {Record<string, unknown>} */ fields, /** @type {string} */ text) => {
    if (text === 'gateway connected') tell({ kind: 'link', id, up: true, atMs: monoMs() });
    else if (fields.code === 'gateway-lost' || fields.code === 'gateway-stalled')
      tell({ kind: 'link', id, up: false, atMs: monoMs(), code: String(fields.code) });
  };
  return { debug: () => {}, info: write, warn: write, error: write };
}

/** @param {Record<string, string>} env @param {SwarmUplink} uplink @param {typeof clock} agentClock */
function createOne(env, { backoff, ...uplink }, agentClock) {
  const { agent: settings } = readConfig(env);
  const id = settings.terminalId;
  return createAgent(
    { ...settings, inputs: [], healthIntervalS: 3_600 },
    {
      clock: agentClock,
      log: logOf(id),
      uplink: { ...uplink, ...(backoff ? { backoff: createBackoff(backoff) } : {}) },
    },
  );
}

/** A day that has passed: boots, clocks and presses as they were, in fast succession. */
async function makeBacklog(/** @type {Extract<ToChild, { kind: 'backlog' }>} */ request) {
  const { env, fromMs, toMs, ratings } = request;
  const stepMs = (toMs - fromMs) / ratings.length;
  let passedMs = 0;
  const past = createClock({
    ...systemSources(),
    bootId: `boot-${fromMs}`,
    monoMs: () => 1_000 + passedMs,
    wallMs: () => fromMs + passedMs,
    isSynchronised: async () => true,
  });
  const agent = createOne(env, {}, past);
  await agent.start();
  for (const rating of ratings) {
    passedMs += stepMs;
    agent.press(rating);
  }
  await agent.stop();
  tell({ kind: 'made', id: String(env.MANYI_TERMINAL), votes: ratings.length });
}

/** @param {string} id @param {Rating} rating @param {number} press */
function pressOn(id, rating, press) {
  try {
    const seq = agents.get(id)?.press(rating);
    if (seq === undefined) throw new Error('no such agent here');
    tell({ kind: 'thanked', id, press, seq });
  } catch (error) {
    tell({ kind: 'refused', id, press, code: error instanceof Error ? error.message : String(error) });
  }
}

process.on('message', async (/** @type {ToChild} */ message) => {
  if (message.kind === 'press') pressOn(message.id, message.rating, message.press);
  else if (message.kind === 'start') {
    for (const env of message.env) {
      const agent = createOne(env, message.uplink, clock);
      agents.set(String(env.MANYI_TERMINAL), agent);
      await agent.start();
      // A thousand TLS handshakes begun in one go would be one long stall of this process, not a storm.
      if (agents.size % 25 === 0) await sleep(1);
    }
    tell({ kind: 'started' });
  } else if (message.kind === 'states')
    tell({ kind: 'states', states: [...agents].map(([id, agent]) => ({ id, ...agent.state() })) });
  else if (message.kind === 'backlog') await makeBacklog(message);
  else if (message.kind === 'stop') {
    await Promise.all([...agents.values()].map((agent) => agent.stop()));
    tell({ kind: 'stopped' });
    process.disconnect();
  }
});
process.on('disconnect', () => process.exit(0));
