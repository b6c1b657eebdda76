/** A simulated terminal: the real agent (journal, uplink, MQTT over TLS). Only the fingers are made up. */

import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type Agent, type AgentState, createAgent } from '../../../device/agent.ts';
import type { DeviceClock } from '../../../device/board/clock.ts';
import type { Feedback } from '../../../device/feedback/feedback.ts';
import type { Log } from '../../../device/log.ts';
import type { Rating } from '../../../protocol/vote.ts';
import { identityFolder, type TerminalAccount } from '../home/accounts.ts';

export type TerminalOptions = {
  account: TerminalAccount;
  dataDir: string;
  /** Where there are several, the next is taken when one has not answered for a while: there is no balancer to do so. */
  gatewayUrls: readonly string[];
  clock: DeviceClock;
  log: Log;
  /** For the one whose keys somebody presses: what it answers. */
  feedback?: Feedback;
};

export type SimulatedTerminal = {
  start(): Promise<void>;
  stop(): Promise<void>;
  press(rating: Rating): void;
  /** `1`, `2` or `3`, of the one that has a feedback. */
  key(key: string): void;
  state(): AgentState;
};

/** A terminal tries the same address once more before. */
const PATIENCE_MS = 1_500;
const LOOK_EVERY_MS = 250;

export function createTerminal(options: TerminalOptions, first: number): SimulatedTerminal {
  const { account, dataDir, gatewayUrls, clock, log, feedback } = options;
  const keys = new PassThrough();
  let at = first % gatewayUrls.length;
  let agent = make();
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  /** What it was before it moved on, while it does. */
  let before: AgentState | null = null;
  let moving: Promise<void> = Promise.resolve();

  function make(): Agent {
    return createAgent(
      {
        terminalId: account.id,
        enrolmentCode: account.code,
        identityFolder: identityFolder(dataDir, account.id),
        gatewayUrl: gatewayUrls[at]!,
        journalPath: join(dataDir, 'journals', `${account.id}.db`),
        inputs: feedback ? ['keyboard'] : [],
        language: 'zh',
        healthIntervalS: 60,
        keepAckedDays: 7,
      },
      { clock, log, stdin: keys, ...(feedback && { feedback }) },
    );
  }

  /** A terminal knows one address: another one is another start, on the same journal. */
  const moveOn = async () => {
    before = agent.state();
    await agent.stop();
    at = (at + 1) % gatewayUrls.length;
    agent = make();
    await agent.start();
    before = null;
  };

  const look = (awayMs: number) => {
    timer = setTimeout(() => {
      if (agent.state().connected) return look(0);
      if (awayMs < PATIENCE_MS) return look(awayMs + LOOK_EVERY_MS);
      moving = moveOn().catch((error: unknown) =>
        log.error({ err: String(error) }, 'the terminal could not be started at its other address'),
      );
      void moving.then(() => isStopped || look(0));
    }, LOOK_EVERY_MS);
  };

  return {
    async start() {
      await agent.start();
      if (gatewayUrls.length > 1) look(0);
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await moving;
      await agent.stop();
    },
    press: (rating) => void agent.press(rating),
    key: (key) => void keys.write(key),
    state: () => before ?? agent.state(),
  };
}
