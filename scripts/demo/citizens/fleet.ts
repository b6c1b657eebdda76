/** All simulated terminals and the citizens in front of them. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createClock } from '../../../device/board/clock.ts';
import type { Feedback } from '../../../device/feedback/feedback.ts';
import type { Log } from '../../../device/log.ts';
import type { DemoOptions } from '../demo-args.ts';
import type { TerminalAccount } from '../home/accounts.ts';
import { openLogFile } from '../processes/log-file.ts';
import { startCitizens } from './citizens.ts';
import { createRandom } from './random.ts';
import { createTerminal } from './terminal.ts';

/** Votes thanked by these terminals since their journals began, and those that the gateway has acked. */
export type Tally = { thanked: number; acked: number };

/** `served`: connected to a gateway that takes votes. */
export type FleetState = Tally & { terminals: number; served: number };

export type Fleet = {
  start(): Promise<void>;
  /** Of the terminal at the keyboard. */
  key(key: string): void;
  state(): FleetState;
  /** No more presses; what is on its way may arrive, unless somebody is in a hurry; then they say goodbye. */
  stop(hurried: AbortSignal): Promise<Tally>;
};

const DRAIN_MS = 3_000;
const DRAIN_POLL_MS = 50;

/** @param feedback of the keyboard's terminal, which is the first, if there is one. */
export function createFleet(
  { dataDir, rate, seed }: Pick<DemoOptions, 'dataDir' | 'rate' | 'seed'>,
  accounts: TerminalAccount[],
  gatewayUrls: readonly string[],
  feedback?: Feedback,
): Fleet {
  const log = fileLog(join(dataDir, 'simulated-terminals.log'));
  const clock = createClock();
  const terminals = accounts.map((account, at) => ({
    id: account.id,
    windowId: account.windowId,
    ...createTerminal(
      {
        ...{ account, dataDir, gatewayUrls, clock, log: labelled(log, account.id) },
        ...(feedback && at === 0 && { feedback }),
      },
      at,
    ),
  }));
  const [keyboard] = feedback ? terminals : [];
  let goHome = () => {};

  const state = (): FleetState => {
    const states = terminals.map((terminal) => terminal.state());
    return {
      terminals: terminals.length,
      served: states.filter(({ connected, gatewayOnline }) => connected && gatewayOnline).length,
      thanked: states.reduce((sum, { last }) => sum + last, 0),
      acked: states.reduce((sum, { acked }) => sum + acked, 0),
    };
  };

  return {
    async start() {
      mkdirSync(join(dataDir, 'journals'), { recursive: true });
      await Promise.all(terminals.map((terminal) => terminal.start()));
      const visited = terminals.filter((terminal) => terminal !== keyboard);
      goHome = startCitizens({ terminals: visited, rate, random: createRandom(seed), log });
    },
    key: (key) => keyboard?.key(key),
    state,
    async stop(hurried) {
      goHome();
      const untilMs = performance.now() + DRAIN_MS;
      while (!hurried.aborted && performance.now() < untilMs && state().acked < state().thanked)
        await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS));
      const { thanked, acked } = state();
      await Promise.all(terminals.map((terminal) => terminal.stop()));
      return { thanked, acked };
    },
  };
}

function fileLog(path: string): Log {
  const file = openLogFile(path);
  const write = (level: string) => (fields: object, msg: string) =>
    file.write(`${JSON.stringify({ time: Date.now(), level, ...fields, msg })}\n`);
  return { debug: () => {}, info: () => {}, warn: write('warn'), error: write('error') };
}

function labelled(log: Log, terminal: string): Log {
  const write = (level: keyof Log) => (fields: object, message: string) =>
    log[level]({ terminal, ...fields }, message);
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
