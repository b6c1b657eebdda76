/** What thousands of connections that say nothing cost the gateway, and whether a terminal gets in between them. */
import { startNode } from './child.ts';
import { createHome, startGateway } from './gateway.ts';
import { percentile } from './percentile.ts';
import { writePlan } from './plan.ts';
import { peakRssMb, rssMb } from './processes.ts';
import { signIn } from './sign-in.ts';
import type { StrangersPlan } from './strangers.ts';

export type AttackFigures = {
  connections: number;
  /** Of them, held at the same time in the last second. */
  open: number;
  /** Of the gateway, before and at most. */
  rssBeforeMb: number;
  peakRssMb: number;
  /** From TCP to CONNACK of an honest terminal meanwhile. */
  signInP50Ms: number;
  signInMaxMs: number;
  /** Sign-ins that failed, of how many. */
  failed: number;
  tries: number;
};

const CONNECTIONS = 8_000;
/** Longer than it takes until those who say nothing are cut, so that they are all there and the next ones come. */
const MEASURE_MS = 20_000;
const BETWEEN_MS = 250;

export async function measureAttack(kind: StrangersPlan['kind']): Promise<AttackFigures> {
  const home = await createHome(1);
  const { child, mqttPort: port } = await startGateway(home.dataDir);
  const rssBeforeMb = rssMb(child.pid);
  const plan: StrangersPlan = { port, count: CONNECTIONS, kind };
  const strangers = startNode('./strangers.js', [writePlan(plan)]);
  await strangers.line(({ now }) => Number(now) > 0);
  const [login] = home.terminals;
  const times: number[] = [];
  let tries = 0;
  const untilMs = performance.now() + MEASURE_MS;
  while (login && performance.now() < untilMs) {
    const begunMs = performance.now();
    tries += 1;
    const socket = await signIn(port, login).catch(() => null);
    if (socket) times.push(performance.now() - begunMs);
    socket?.destroy();
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
  }
  let open = 0;
  for (let seconds = 0; seconds < MEASURE_MS / 1_000; seconds++)
    open = Number((await strangers.line((line) => 'now' in line)).now);
  const peakMb = peakRssMb(child.pid);
  await strangers.kill();
  await child.end();
  home.dispose();
  times.sort((a, b) => a - b);
  return {
    ...{ connections: CONNECTIONS, open, rssBeforeMb, peakRssMb: peakMb },
    signInP50Ms: percentile(times, 0.5),
    signInMaxMs: times.at(-1) ?? 0,
    failed: tries - times.length,
    tries,
  };
}
