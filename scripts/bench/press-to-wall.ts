/**
 * From the agent's press to the patch in a WebSocket client's hands, with other votes in the background. The agent is
 * the real one: its press goes through its journal (with fsync) before it is sent.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import WebSocket from 'ws';
import { createAgent } from '../../device/agent.ts';
import type { AgentConfig } from '../../device/config.ts';
import { openIdentityStore } from '../../device/identity/identity.ts';
import type { LiveMessage } from '../../protocol/live.ts';
import { startNode } from './child.ts';
import { type BenchHome, createHome, startGateway } from './gateway.ts';
import { percentile } from './percentile.ts';
import { writePlan } from './plan.ts';
import type { Login } from './sign-in.ts';

export type PressFigures = { p50Ms: number; p99Ms: number; presses: number; backgroundVotesPerS: number };

const BACKGROUND_VOTES_PER_S = 500;
/** The one that is pressed, and those in the background. */
export const PRESS_TERMINALS = 101;

/** Where terminals and the wall connect: to one gateway, or each to another on the same database. */
export type Stage = { home: BenchHome; mqttPort: number; httpPort: number; close(): Promise<void> };

async function openStage(): Promise<Stage> {
  const home = await createHome(PRESS_TERMINALS);
  const { child, mqttPort, httpPort } = await startGateway(home.dataDir);
  return {
    ...{ home, mqttPort, httpPort },
    async close() {
      await child.end();
      home.dispose();
    },
  };
}

export async function measurePressToWall(
  presses: number,
  open: () => Promise<Stage> = openStage,
): Promise<PressFigures> {
  const { home, mqttPort, httpPort, close } = await open();
  const [mine, ...others] = home.terminals as [Required<Login>, ...Login[]];
  const background = startNode('./background.js', [
    writePlan({ port: mqttPort, terminals: others, votesPerS: BACKGROUND_VOTES_PER_S }),
  ]);
  await background.line(({ running }) => running === true);

  const folder = mkdtempSync(join(tmpdir(), 'manyi-bench-agent-'));
  const settings: AgentConfig = {
    terminalId: mine.id,
    identityFolder: folder,
    gatewayUrl: `mqtts://127.0.0.1:${mqttPort}`,
    journalPath: join(folder, 'journal.db'),
    inputs: [],
    language: 'zh',
    healthIntervalS: 60,
    keepAckedDays: 7,
  };
  const { id: terminalId, key, cert: certificate, ca: authority } = mine;
  const identity = { terminalId, key, certificate, authority, renewAfter: Number.MAX_SAFE_INTEGER, code: '' };
  const agent = createAgent(settings, { identity: openIdentityStore(null, identity) });
  await agent.start();

  const wall = new WebSocket(`ws://127.0.0.1:${httpPort}/api/v1/live`, { headers: home.readerHeaders });
  let shown = -1;
  let waiting: (() => void) | null = null;
  wall.on('message', (data) => {
    const message = JSON.parse(String(data)) as LiveMessage;
    if (message.type === 'tick') return;
    const row = message.windows.find(({ id }) => id === 'w0');
    if (!row) return;
    shown = row.votes;
    waiting?.();
  });
  const shows = (votes: number) =>
    new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the wall never showed vote ${votes}`)), 10_000);
      waiting = () => {
        if (shown < votes) return;
        clearTimeout(timer);
        waiting = null;
        resolve();
      };
      waiting();
    });
  await shows(0);

  const latencies: number[] = [];
  for (let press = 1; press <= presses; press++) {
    // At no fixed beat with the gateway's own rhythm.
    await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 60));
    const begun = performance.now();
    agent.press('satisfied');
    await shows(press);
    latencies.push(performance.now() - begun);
  }
  wall.terminate();
  await agent.stop();
  await background.end();
  await close();
  rmSync(folder, { recursive: true, force: true });
  latencies.sort((a, b) => a - b);
  return {
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    presses,
    backgroundVotesPerS: BACKGROUND_VOTES_PER_S,
  };
}
