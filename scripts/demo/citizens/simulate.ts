/**
 * Citizens at simulated terminals. A terminal is the real agent (journal, uplink, MQTT) without buttons; only the fingers
 * are made up.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Agent, createAgent } from '../../../device/agent.ts';
import { createClock } from '../../../device/board/clock.ts';
import type { Log } from '../../../device/log.ts';
import type { Rating } from '../../../protocol/vote.ts';
import { identityFolder, type TerminalAccount } from '../home/accounts.ts';
import { busyness, swell } from './day-rhythm.ts';
import { WINDOWS } from './district.ts';

/** After a pause of the whole process (a suspended laptop), what was missed is not made up for. */
const MAX_BEHIND_MS = 2_000;
const DRAIN_POLL_MS = 50;

export type SimulationOptions = {
  accounts: TerminalAccount[];
  gatewayUrl: string;
  dataDir: string;
  /** Votes a second, all terminals together. */
  rate: number;
  random: () => number;
  log: Log;
};

export type Simulation = {
  start(): Promise<void>;
  /** No more presses; gives what is on its way `drainMs` to arrive, unless somebody is in a hurry, then says goodbye. */
  stop(drainMs: number, hurried: AbortSignal): Promise<Tally>;
};

/** Votes thanked by these terminals since their journals began, and those that the gateway has acked. */
export type Tally = { thanked: number; acked: number };

type Terminal = { id: string; agent: Agent; serviceWindow: (typeof WINDOWS)[number] };

export function createSimulation(options: SimulationOptions): Simulation {
  const { accounts, gatewayUrl, dataDir, rate, random, log } = options;
  const clock = createClock();
  const terminals: Terminal[] = accounts.map(({ id, code, windowId }) => ({
    id,
    serviceWindow: WINDOWS.find((each) => each.id === windowId)!,
    agent: createAgent(
      {
        terminalId: id,
        enrolmentCode: code,
        identityFolder: identityFolder(dataDir, id),
        gatewayUrl,
        journalPath: join(dataDir, 'journals', `${id}.db`),
        inputs: [],
        language: 'zh',
        healthIntervalS: 60,
        keepAckedDays: 7,
      },
      { clock, log: labelled(log, id) },
    ),
  }));
  let timer: NodeJS.Timeout | undefined;

  const press = (nowMs: number) => {
    const terminal = pick(terminals, random, ({ serviceWindow: { visitors, unit } }) => {
      return visitors * busyness(nowMs, unit.shiftMinutes);
    });
    if (terminal === undefined) return;
    try {
      terminal.agent.press(ratingOf(terminal.serviceWindow, random()));
    } catch (error) {
      log.error({ terminal: terminal.id, err: String(error) }, 'a press was not taken');
    }
  };

  const run = () => {
    let nextMs = Date.now();
    const step = () => {
      const nowMs = Date.now();
      nextMs = Math.max(nextMs, nowMs - MAX_BEHIND_MS);
      while (nextMs <= nowMs) {
        press(nowMs);
        nextMs += pauseMs(rate * swell(nowMs), random);
      }
      timer = setTimeout(step, nextMs - nowMs);
    };
    nextMs += pauseMs(rate, random);
    step();
  };

  const tally = (): Tally => {
    const states = terminals.map(({ agent }) => agent.state());
    return {
      thanked: states.reduce((sum, { last }) => sum + last, 0),
      acked: states.reduce((sum, { acked }) => sum + acked, 0),
    };
  };

  return {
    async start() {
      mkdirSync(join(dataDir, 'journals'), { recursive: true });
      await Promise.all(terminals.map(({ agent }) => agent.start()));
      if (rate > 0 && terminals.length > 0) run();
    },
    async stop(drainMs, hurried) {
      clearTimeout(timer);
      const untilMs = performance.now() + drainMs;
      while (!hurried.aborted && performance.now() < untilMs && tally().acked < tally().thanked)
        await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS));
      const result = tally();
      await Promise.all(terminals.map(({ agent }) => agent.stop()));
      return result;
    },
  };
}

/** Until the next citizen: independent arrivals at `perSecond` (exponential). */
function pauseMs(perSecond: number, random: () => number): number {
  return (-Math.log(1 - random()) / perSecond) * 1000;
}

function ratingOf({ satisfied, basically }: { satisfied: number; basically: number }, at: number): Rating {
  if (at * 100 < satisfied) return 'satisfied';
  return at * 100 < satisfied + basically ? 'basically' : 'unsatisfied';
}

function pick<T>(items: T[], random: () => number, weightOf: (item: T) => number): T | undefined {
  const weights = items.map(weightOf);
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
  return items.find((_item, at) => {
    left -= weights[at]!;
    return left < 0;
  });
}

function labelled(log: Log, terminal: string): Log {
  const write = (level: keyof Log) => (fields: object, message: string) =>
    log[level]({ terminal, ...fields }, message);
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
