/**
 * The gateway is killed and started again, and a whole city comes back at once, each terminal with a vote or two that were
 * pressed meanwhile: once with the TLS sessions of before, once to a gateway that cannot open them. The terminals are the real agents with a certificate each; the machine's cores are theirs too.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { databaseFile } from '../../gateway/store/sqlite/sqlite-store.ts';
import { type Child, type Line, startNode } from './child.ts';
import { type BenchGateway, type BenchHome, createHome, startGateway } from './gateway.ts';
import { percentile } from './percentile.ts';
import { writePlan } from './plan.ts';
import { cpuSeconds, openFilesLimit, peakRssMb, rssMb } from './processes.ts';
import type { Order, Report, Tally, TerminalsPlan } from './terminals.ts';

/** Seconds after the gateway was ready again. */
export type Spread = { firstS: number; halfS: number; p99S: number; allS: number };

/** One return of all. */
export type StormRound = {
  back: Spread;
  /** All votes of all terminals acknowledged. */
  ackedS: number;
  /** Not back, or with votes unacknowledged, at the end of patience. */
  starved: number;
  /** In the second in which most came back. */
  handshakesPerS: number;
  /** Whole ones, and such as go on with a session. */
  handshakes: Record<string, number>;
  /** Of the gateway that they came back to, from its start on. */
  gatewayCpuS: number;
  peakRssMb: number;
  /** All the terminals' processes together, in the same time. */
  terminalsCpuS: number;
  /** Attempts that failed after the gateway was ready again, as the terminals' logs call them. */
  failedAttempts: Record<string, number>;
  /** What the gateway refused or cut, by its reasons. */
  refused: Record<string, number>;
};

/** The return to a gateway that was restarted; and `withoutSessions`, to one that has lost the keys of their TLS sessions. */
export type StormFigures = StormRound & {
  terminals: number;
  /** From nothing: how long until all were connected for the first time. */
  firstConnectS: number;
  /** What a connection without traffic adds to the gateway's memory, with all that the first of them make it set up for good. */
  kibPerConnection: number;
  /** … each after the first thousand. */
  kibPerFurtherConnection: number;
  withoutSessions: StormRound;
  /** Over both. */
  thanked: number;
  stored: number;
};

/** In the data folder. */
const TICKET_KEYS = 'pki/tickets.json';
const PROCESSES = 4;
/** With so many connections, what is made once is made: pools, compiled code, the room for young objects. */
const SET_UP = 1_000;
const VOTES_PER_S = 100;
/** A session that lasted 10 s makes the next attempt a quick one (device/uplink/connection.ts): all come back at once. */
const GOOD_SESSION_MS = 11_000;
const PATIENCE_MS = 300_000;
const LOOK_MS = 200;
/** The gateway's own files, the database's, walls. */
const SPARE_FILES = 200;

export async function measureStorm(count: number, say: (text: string) => void): Promise<StormFigures> {
  if (openFilesLimit() < count + SPARE_FILES)
    throw new Error(
      `open-files-limit: ${count} terminals need ${count + SPARE_FILES} open files, and this shell allows ${openFilesLimit()}: raise it with ulimit -n`,
    );
  const home = await createHome(count);
  let gateway = await startGateway(home.dataDir);
  const port = gateway.mqttPort;
  const emptyMb = rssMb(gateway.child.pid);

  const begunMs = nowMs();
  const hosts = Array.from({ length: PROCESSES }, (_, number) => {
    const terminals = home.terminals.filter((_login, at) => at % PROCESSES === number);
    return startNode('./terminals.js', [writePlan({ port, terminals } satisfies TerminalsPlan)]);
  });
  await Promise.all(hosts.map((host) => host.line(({ running }) => running === true)));
  const baseline = { connections: 0, mb: emptyMb };
  const first = await waitFor(hosts, 'up', count, (connections) => {
    if (baseline.connections === 0 && connections >= SET_UP)
      Object.assign(baseline, { connections, mb: rssMb(gateway.child.pid) });
  });
  if (first.upAtMs.length < count)
    throw new Error(
      `${count - first.upAtMs.length} terminals never came: ${JSON.stringify(first.complaints)}`,
    );
  const firstConnectS = inS(Math.max(...first.upAtMs) - begunMs);
  say(`  all connected for the first time after ${firstConnectS} s`);

  await tell(hosts, { order: 'vote', perS: VOTES_PER_S / PROCESSES }, 'voting');
  await pause(GOOD_SESSION_MS);
  const fullMb = rssMb(gateway.child.pid);
  const kibPer = (mb: number, connections: number) => Math.round(((fullMb - mb) * 1_024) / connections);

  await tell(hosts, { order: 'vote', perS: 0 }, 'voting');
  const comeBack = async (): Promise<{ round: StormRound; thanked: number }> => {
    await gateway.child.kill();
    await tell(hosts, { order: 'press' }, 'pressed');
    await tell(hosts, { order: 'mark' }, 'marked');
    gateway = await startGateway(home.dataDir, { env: { MANYI_MQTT_PORT: String(port) } });
    return measureRound(hosts, gateway, home);
  };
  const resumed = await comeBack();
  say(`  all back with their sessions, and acknowledged, after ${resumed.round.ackedS} s`);
  await pause(GOOD_SESSION_MS);
  rmSync(join(home.dataDir, TICKET_KEYS));
  const { round: withoutSessions, thanked } = await comeBack();
  const stored = countVotes(home.dataDir);
  for (const host of hosts) await host.end();
  await gateway.child.end();
  home.dispose();
  return {
    terminals: count,
    firstConnectS,
    ...resumed.round,
    kibPerConnection: kibPer(emptyMb, count),
    kibPerFurtherConnection: kibPer(baseline.mb, count - baseline.connections),
    withoutSessions,
    thanked,
    stored,
  };
}

async function measureRound(
  hosts: Child[],
  gateway: BenchGateway,
  { terminals, metricsHeaders }: BenchHome,
): Promise<{ round: StormRound; thanked: number }> {
  const readyMs = nowMs();
  await tell(hosts, { order: 'recount' }, 'recounts');
  const { pid } = gateway.child;
  const busyBefore = hosts.reduce((sum, host) => sum + cpuSeconds(host.pid), 0);

  const last = await waitFor(hosts, 'acked', terminals.length);
  const gatewayCpuS = cpuSeconds(pid);
  const terminalsCpuS = hosts.reduce((sum, host) => sum + cpuSeconds(host.pid), 0) - busyBefore;
  const peakMb = peakRssMb(pid);
  const counted = await readCounters(gateway, metricsHeaders);
  const upMs = last.upAtMs.map((at) => at - readyMs).sort((a, b) => a - b);
  const round = {
    back: {
      firstS: inS(upMs[0] ?? 0),
      halfS: inS(percentile(upMs, 0.5)),
      p99S: inS(percentile(upMs, 0.99)),
      allS: inS(upMs.at(-1) ?? 0),
    },
    ackedS: inS(Math.max(...last.ackedAtMs) - readyMs),
    starved: terminals.length - last.ackedAtMs.length,
    handshakesPerS: mostInASecond(upMs),
    handshakes: counted('manyi_tls_handshakes_total', 'kind'),
    gatewayCpuS: tenth(gatewayCpuS),
    peakRssMb: peakMb,
    terminalsCpuS: tenth(terminalsCpuS),
    failedAttempts: last.complaints,
    refused: counted('manyi_mqtt_refused_total', 'reason'),
  };
  return { round, thanked: last.thanked };
}

/** @returns the answers of all, each the line with a field `answer`. */
function tell(hosts: Child[], order: Order, answer: string): Promise<Line[]> {
  return Promise.all(
    hosts.map((host) => {
      host.write(`${JSON.stringify(order)}\n`);
      return host.line((line) => answer in line);
    }),
  );
}

async function ask(hosts: Child[]): Promise<Report> {
  const parts = (await tell(hosts, { order: 'report' }, 'thanked')) as Report[];
  const complaints: Record<string, number> = {};
  for (const part of parts)
    for (const [code, times] of Object.entries(part.complaints))
      complaints[code] = (complaints[code] ?? 0) + times;
  return {
    thanked: parts.reduce((sum, part) => sum + part.thanked, 0),
    upAtMs: parts.flatMap(({ upAtMs }) => upAtMs),
    ackedAtMs: parts.flatMap(({ ackedAtMs }) => ackedAtMs),
    complaints,
  };
}

/** @returns what is so once all of `wanted` are, or when patience is at its end. @param look at how many there are, now and then */
async function waitFor(
  hosts: Child[],
  field: keyof Tally,
  wanted: number,
  look = (_there: number) => {},
): Promise<Report> {
  const untilMs = nowMs() + PATIENCE_MS;
  for (let there = 0; there < wanted && nowMs() < untilMs; await pause(LOOK_MS)) {
    const parts = await tell(hosts, { order: 'count' }, field);
    there = parts.reduce((sum, part) => sum + Number(part[field]), 0);
    look(there);
  }
  return ask(hosts);
}

/** @returns what has counted, by the values of a label. */
async function readCounters({ httpPort }: BenchGateway, headers: Record<string, string>) {
  const text = await (await fetch(`http://127.0.0.1:${httpPort}/metrics`, { headers })).text();
  return (name: string, label: string): Record<string, number> => {
    const found = text.matchAll(new RegExp(`^${name}\\{${label}="([^"]+)"\\} (\\d+)$`, 'gm'));
    return Object.fromEntries([...found].map(([, value, times]) => [value, Number(times)]));
  };
}

function countVotes(dataDir: string): number {
  const db = new Database(databaseFile(dataDir), { readonly: true });
  const count = db.prepare('SELECT count(*) FROM votes').pluck().get();
  db.close();
  return Number(count);
}

/** Of ascending times in ms. */
function mostInASecond(sorted: readonly number[]): number {
  let most = 0;
  for (let first = 0, last = 0; last < sorted.length; last++) {
    while ((sorted[last] as number) - (sorted[first] as number) > 1_000) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

const nowMs = () => Number(process.hrtime.bigint()) / 1e6;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const tenth = (value: number) => Math.round(value * 10) / 10;
const inS = (ms: number) => Math.round(ms / 10) / 100;
