/**
 * One who presses and looks at a wall: from the agent's press to the patch in a WebSocket client's hands, with other votes in the
 * background. The agent is the real one: its press goes through its journal (with fsync) before it is sent.
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
import type { BenchHome } from './gateway.ts';
import { writePlan } from './plan.ts';
import type { Login } from './sign-in.ts';

/** Where terminals and the wall connect: to one gateway, or each to another on the same database. */
export type Stage = { home: BenchHome; mqttPort: number; httpPort: number };

export type Presser = {
  /** Presses once, and waits for the wall. @returns how long that took, ms. */
  press(): Promise<number>;
  close(): Promise<void>;
};

export async function openPresser(
  { home, mqttPort, httpPort }: Stage,
  backgroundVotesPerS: number,
): Promise<Presser> {
  const [mine, ...others] = home.terminals as [Required<Login>, ...Login[]];
  const background = startNode('./background.js', [
    writePlan({ port: mqttPort, terminals: others, votesPerS: backgroundVotesPerS }),
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

  let presses = shown;
  return {
    async press() {
      // At no fixed beat with the gateway's own rhythm.
      await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 60));
      presses += 1;
      const begun = performance.now();
      agent.press('satisfied');
      await shows(presses);
      return performance.now() - begun;
    },
    async close() {
      wall.terminate();
      await agent.stop();
      await background.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
