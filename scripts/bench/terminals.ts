/**
 * Many terminals in one process: the real agents (journal, uplink, TLS, backoff), without buttons and with journals in memory.
 * Argument: a file with a TerminalsPlan. It does what the lines on standard input say, and answers each with a line.
 */
import { createInterface } from 'node:readline';
import { type Agent, createAgent } from '../../device/agent.ts';
import { createClock } from '../../device/board/clock.ts';
import { openIdentityStore } from '../../device/identity/identity.ts';
import type { Log } from '../../device/log.ts';
import { readPlan } from './plan.ts';
import type { Login } from './sign-in.ts';

export type TerminalsPlan = { port: number; terminals: Required<Login>[] };
export type Order =
  /** Each terminal is pressed once or twice. */
  | { order: 'press' }
  /** All together are pressed so often; 0 ends it. */
  | { order: 'vote'; perS: number }
  /** Times count from here. */
  | { order: 'mark' }
  /** Failed attempts count from here. */
  | { order: 'recount' }
  | { order: 'count' }
  | { order: 'report' };
/** Of those of a report: how many. */
export type Tally = { up: number; acked: number };
export type Report = {
  thanked: number;
  /** When each was first connected, and all of its votes acknowledged, after the mark: of those that are. CLOCK_MONOTONIC, ms. */
  upAtMs: number[];
  ackedAtMs: number[];
  /** Attempts that failed since they were last counted anew, by the device's code. */
  complaints: Record<string, number>;
};

/** Acknowledged or not is looked at so often. */
const LOOK_MS = 50;
/** A thousand TLS handshakes begun in one go would be one long stall of this process, not a city. */
const AT_ONCE = 10;

const { port, terminals } = readPlan<TerminalsPlan>();
const clock = createClock();
const nowMs = () => Number(process.hrtime.bigint()) / 1e6;

type Terminal = { agent: Agent; upAtMs: number; ackedAtMs: number };
const city: Terminal[] = [];
let complaints: Record<string, number> = {};
let thanked = 0;
let votes: NodeJS.Timeout | undefined;

function createTerminal({ id: terminalId, key, cert: certificate, ca: authority }: Required<Login>) {
  const identity = { terminalId, key, certificate, authority, renewAfter: Number.MAX_SAFE_INTEGER, code: '' };
  const hear = (fields: object, text: string) => {
    const { code } = fields as { code?: unknown };
    if (text === 'gateway connected') terminal.upAtMs = nowMs();
    else if (code !== undefined) complaints[String(code)] = (complaints[String(code)] ?? 0) + 1;
  };
  const log: Log = { debug: hear, info: hear, warn: hear, error: hear };
  const agent = createAgent(
    {
      terminalId,
      identityFolder: '',
      gatewayUrl: `mqtts://127.0.0.1:${port}`,
      journalPath: ':memory:',
      inputs: [],
      language: 'zh',
      healthIntervalS: 60,
      keepAckedDays: 7,
    },
    { clock, log, identity: openIdentityStore(null, identity), onThanked: () => void thanked++ },
  );
  const terminal: Terminal = { agent, upAtMs: 0, ackedAtMs: 0 };
  return terminal;
}

function pressOne(): void {
  const { agent } = city[Math.floor(Math.random() * city.length)] as Terminal;
  agent.press('satisfied');
}

const looking = setInterval(() => {
  for (const terminal of city) {
    if (terminal.ackedAtMs > 0 || terminal.upAtMs === 0) continue;
    const { connected, depth } = terminal.agent.state();
    if (connected && depth === 0) terminal.ackedAtMs = nowMs();
  }
}, LOOK_MS);

function report(): Report {
  const those = (field: 'upAtMs' | 'ackedAtMs') => city.map((one) => one[field]).filter((at) => at > 0);
  return { thanked, upAtMs: those('upAtMs'), ackedAtMs: those('ackedAtMs'), complaints };
}

function follow(order: Order): unknown {
  if (order.order === 'press') {
    for (const { agent } of city)
      for (let times = Math.random() < 0.5 ? 1 : 2; times > 0; times--) agent.press('basically');
    return { pressed: true };
  }
  if (order.order === 'vote') {
    clearInterval(votes);
    if (order.perS > 0) votes = setInterval(pressOne, 1_000 / order.perS);
    return { voting: order.perS };
  }
  if (order.order === 'count') {
    const { upAtMs, ackedAtMs } = report();
    return { up: upAtMs.length, acked: ackedAtMs.length } satisfies Tally;
  }
  if (order.order === 'report') return report();
  if (order.order === 'recount') {
    complaints = {};
    return { recounts: true };
  }
  for (const terminal of city) {
    terminal.upAtMs = 0;
    terminal.ackedAtMs = 0;
  }
  return { marked: nowMs() };
}

createInterface({ input: process.stdin }).on('line', (line) =>
  console.log(JSON.stringify(follow(JSON.parse(line) as Order))),
);
process.once('SIGTERM', () => {
  clearInterval(looking);
  process.exit(0);
});
for (const login of terminals) {
  const terminal = createTerminal(login);
  city.push(terminal);
  await terminal.agent.start();
  if (city.length % AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
}
console.log(JSON.stringify({ running: true }));
