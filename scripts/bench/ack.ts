/** How long a vote waits for its acknowledgement when a thousand terminals each send one at a time. */
import { startNode } from './child.ts';
import { createHome, startGateway } from './gateway.ts';
import type { LoadPlan, LoadResult } from './load.ts';
import { writePlan } from './plan.ts';

export type AckFigures = { p50Ms: number; p99Ms: number; votesPerS: number };

const CONNECTIONS = 1_000;

export async function measureAck(measureMs: number): Promise<AckFigures> {
  const home = await createHome(CONNECTIONS);
  const { child, mqttPort } = await startGateway(home.dataDir);
  const plan: LoadPlan = {
    port: mqttPort,
    terminals: home.terminals,
    inFlight: 1,
    votesPerMessage: 1,
    warmUpMs: 2_000,
    measureMs,
  };
  const load = startNode('./load.js', [writePlan(plan)]);
  const { p50Ms, p99Ms, votes, elapsedMs } = (await load.line((line) => 'totalVotes' in line)) as LoadResult;
  await child.end();
  home.dispose();
  return { p50Ms, p99Ms, votesPerS: Math.round((votes / elapsedMs) * 1_000) };
}
