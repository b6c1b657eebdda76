/** Terminals by the hundred: real agents, several in a process, pressed from here. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { AgentState } from '../../device/agent.ts';
import type { Rating } from '../../protocol/vote.ts';
import type { TerminalLogin } from './gateway.ts';
import { reap } from './reaper.ts';
import { terminalEnv } from './terminal-settings.ts';

const CHILD = new URL('./agent-swarm-child.mjs', import.meta.url).pathname;

export type SwarmUplink = {
  backoff?: { baseMs: number; capMs: number; floorMs?: number };
  resendMs?: number;
  keepaliveS?: number;
};
export type SwarmState = AgentState & { id: string };

export type ToChild =
  | { kind: 'start'; env: Record<string, string>[]; uplink: SwarmUplink }
  | { kind: 'press'; id: string; rating: Rating; press: number }
  | { kind: 'backlog'; env: Record<string, string>; fromMs: number; toMs: number; ratings: Rating[] }
  | { kind: 'states' }
  | { kind: 'stop' };

export type FromChild =
  | { kind: 'started' | 'stopped' }
  | { kind: 'thanked'; id: string; press: number; seq: number }
  | { kind: 'refused'; id: string; press: number; code: string }
  | { kind: 'link'; id: string; up: boolean; atMs: number; code?: string }
  | { kind: 'made'; id: string; votes: number }
  | { kind: 'states'; states: SwarmState[] };

export type SwarmTerminal = {
  readonly login: TerminalLogin;
  /** Resolves with the vote's number once thanked; rejects when refused, when its process ends first, or does not run. */
  press(rating: Rating): Promise<number>;
  pressed(): number;
  thanked(): number;
  refused(): number;
  /** Presses whose process was killed before their answer came: each may be stored or not. */
  cutOff(): number;
  /** CLOCK_MONOTONIC (`process.hrtime`), milliseconds; null before the first. */
  lastUpMs(): number | null;
  lastDownMs(): number | null;
  isUp(): boolean;
  /** How often it has connected. */
  ups(): number;
};

export type Swarm = {
  terminals: SwarmTerminal[];
  states(): Promise<SwarmState[]>;
  /** Presses that were made while time stood still: dated evenly from `fromMs` to `toMs`. Only before `start`. */
  addBacklog(
    terminal: SwarmTerminal,
    span: { fromMs: number; toMs: number; ratings: Rating[] },
  ): Promise<void>;
  start(): Promise<void>;
  pids(): number[];
  /** SIGKILL to one process and all its terminals. */
  killProcess(number: number): Promise<void>;
  /** Starts a killed process again on the same journals. */
  startProcess(number: number): Promise<void>;
  /** In order. */
  stop(): Promise<void>;
  kill(): Promise<void>;
};

export type SwarmOptions = {
  logins: readonly TerminalLogin[];
  /** The gateway's port or a proxy's, which may be another for each. */
  port: (login: TerminalLogin) => number;
  /** Of this machine, if none is named. */
  host?: string;
  /** Where their journals are; null for journals in memory, which a killed process loses. */
  folder: string | null | ((processNumber: number) => string);
  processes?: number;
  /** What a process runs under, e.g. a fake clock. */
  env?: (processNumber: number) => Record<string, string>;
  uplink?: SwarmUplink;
};

export const hrtimeMs = () => Number(process.hrtime.bigint()) / 1e6;

type Waiting = { resolve: (seq: number) => void; reject: (error: Error) => void; host: number; tally: Tally };
type Tally = {
  pressed: number;
  thanked: number;
  refused: number;
  cutOff: number;
  up: number | null;
  down: number | null;
  isUp: boolean;
  ups: number;
};
type Host = { child: ChildProcess | null; isStarted: boolean; logins: TerminalLogin[] };

export function createSwarm(options: SwarmOptions): Swarm {
  const { logins, port, folder, processes = 1, uplink = {} } = options;
  const hosts: Host[] = Array.from({ length: processes }, () => ({
    child: null,
    isStarted: false,
    logins: [],
  }));
  const tallies = new Map<string, Tally>();
  const waiting = new Map<number, Waiting>();
  let lastPress = 0;

  const envOf = (login: TerminalLogin) => {
    const place = typeof folder === 'function' ? folder(hostOf(login)) : folder;
    return {
      ...terminalEnv(login, port(login), options.host),
      MANYI_JOURNAL: place === null ? ':memory:' : join(place, `${login.id}.db`),
    };
  };
  const hostOf = (login: TerminalLogin) => hosts.findIndex((host) => host.logins.includes(login));

  function take(message: FromChild): void {
    if (message.kind === 'thanked' || message.kind === 'refused') {
      const found = waiting.get(message.press);
      waiting.delete(message.press);
      if (!found) return;
      found.tally[message.kind] += 1;
      if (message.kind === 'thanked') found.resolve(message.seq);
      else found.reject(new Error(`${message.id}: ${message.code}`));
    } else if (message.kind === 'link') {
      const tally = tallies.get(message.id) as Tally;
      tally[message.up ? 'up' : 'down'] = message.atMs;
      if (message.up) tally.ups += 1;
      tally.isUp = message.up;
    }
  }

  function giveUp(host: number): void {
    for (const [press, one] of waiting)
      if (one.host === host) {
        waiting.delete(press);
        one.tally.cutOff += 1;
        one.reject(new Error('the terminal was killed before its answer came'));
      }
    for (const { id } of hosts[host]?.logins ?? []) (tallies.get(id) as Tally).isUp = false;
  }

  function launch(number: number): ChildProcess {
    const host = hosts[number] as Host;
    if (host.child !== null) return host.child;
    const child = reap(
      fork(CHILD, {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        serialization: 'advanced',
        env: { ...process.env, ...options.env?.(number) },
      }),
    );
    child.on('message', take);
    child.once('exit', () => {
      if (host.child === child) {
        host.child = null;
        host.isStarted = false;
      }
      giveUp(number);
    });
    host.child = child;
    return child;
  }

  /** One answer of one kind; rejects when the process ends first. */
  function ask<K extends FromChild['kind']>(number: number, request: ToChild, kind: K, id?: string) {
    const child = launch(number);
    return new Promise<Extract<FromChild, { kind: K }>>((resolve, reject) => {
      const onMessage = (message: FromChild) => {
        if (message.kind !== kind || (id !== undefined && (message as { id?: string }).id !== id)) return;
        child.off('message', onMessage).off('exit', onExit);
        resolve(message as Extract<FromChild, { kind: K }>);
      };
      const onExit = (code: number | null) => {
        child.off('message', onMessage);
        reject(new Error(`a process of terminals ended (${code})`));
      };
      child.on('message', onMessage).once('exit', onExit);
      child.send(request);
    });
  }

  const startProcess = async (number: number) => {
    const host = hosts[number] as Host;
    await ask(number, { kind: 'start', env: host.logins.map(envOf), uplink }, 'started');
    host.isStarted = host.child !== null;
  };
  const killProcess = async (number: number) => {
    const child = hosts[number]?.child;
    if (!child) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await exited;
  };

  const kill = async () => {
    await Promise.all(hosts.map((_, number) => killProcess(number)));
  };
  // Also after a case that failed half way.
  onTestFinished(kill);

  const terminals = logins.map((login, at): SwarmTerminal => {
    const host = at % processes;
    hosts[host]?.logins.push(login);
    const tally: Tally = {
      ...{ pressed: 0, thanked: 0, refused: 0, cutOff: 0 },
      ...{ up: null, down: null, isUp: false, ups: 0 },
    };
    tallies.set(login.id, tally);
    return {
      login,
      press(rating) {
        const { child, isStarted } = hosts[host] as Host;
        if (!child?.connected || !isStarted) return Promise.reject(new Error(`${login.id} does not run`));
        tally.pressed += 1;
        const press = ++lastPress;
        return new Promise((resolve, reject) => {
          waiting.set(press, { resolve, reject, host, tally });
          // A process that has just been killed: its exit settles this.
          child.send({ kind: 'press', id: login.id, rating, press } satisfies ToChild, () => {});
        });
      },
      pressed: () => tally.pressed,
      thanked: () => tally.thanked,
      refused: () => tally.refused,
      cutOff: () => tally.cutOff,
      lastUpMs: () => tally.up,
      lastDownMs: () => tally.down,
      isUp: () => tally.isUp,
      ups: () => tally.ups,
    };
  });

  return {
    terminals,
    pids: () => hosts.flatMap(({ child }) => (child?.pid === undefined ? [] : [child.pid])),
    async states() {
      const alive = hosts.flatMap(({ child }, number) => (child ? [number] : []));
      const parts = await Promise.all(alive.map((number) => ask(number, { kind: 'states' }, 'states')));
      return parts.flatMap(({ states }) => states);
    },
    async addBacklog({ login }, { fromMs, toMs, ratings }) {
      const request: ToChild = { kind: 'backlog', env: envOf(login), fromMs, toMs, ratings };
      await ask(hostOf(login), request, 'made', login.id);
      const tally = tallies.get(login.id) as Tally;
      tally.pressed += ratings.length;
      tally.thanked += ratings.length;
    },
    async start() {
      await Promise.all(hosts.map((_, number) => startProcess(number)));
    },
    killProcess,
    startProcess,
    async stop() {
      await Promise.all(
        hosts.map(async ({ child }, number) => {
          if (child === null) return;
          const exited = new Promise((resolve) => child.once('exit', resolve));
          await ask(number, { kind: 'stop' }, 'stopped');
          await exited;
        }),
      );
    },
    kill,
  };
}
