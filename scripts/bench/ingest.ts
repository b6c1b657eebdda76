/** Durable votes a second through the real ingest path, beside its peers, the same load in turn in one run. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rssMb, startChild, startNode } from './child.ts';
import { createHome, startGateway } from './gateway.ts';
import type { LoadPlan, LoadResult } from './load.ts';
import { median } from './percentile.ts';
import { writePlan } from './plan.ts';

export type IngestFigures = {
  votesPerS: number;
  p99Ms: number;
  aedesVotesPerS: number;
  ratioToAedes: number;
  mosquittoPipelineVotesPerS: number;
  ratioToMosquittoPipeline: number;
};

export type IngestPlan = {
  votesPerMessage: number;
  rounds: number;
  measureMs: number;
  say(text: string): void;
};

type Peer = { name: string; run(): Promise<{ votesPerS: number; p99Ms: number }>; stop(): Promise<void> };

const CONNECTIONS = 100;
const IN_FLIGHT = 20;
const WARM_UP_MS = 1_500;

export async function measureIngest(plan: IngestPlan): Promise<{ figures: IngestFigures; rssMb: number }> {
  const gateway = await gatewayPeer(plan);
  const peers = [gateway.peer, await aedesPeer(plan), await pipelinePeer(plan)];
  const rates = new Map<string, number[]>(peers.map(({ name }) => [name, []]));
  const latencies: number[] = [];
  for (let round = 1; round <= plan.rounds; round++)
    for (const { name, run } of peers) {
      const { votesPerS, p99Ms } = await run();
      rates.get(name)?.push(votesPerS);
      if (name === 'gateway') latencies.push(p99Ms);
      plan.say(`  round ${round}: ${name} ${Math.round(votesPerS)} votes/s`);
    }
  const memory = gateway.rssMb();
  for (const { stop } of peers) await stop();
  const of = (name: string) => rates.get(name) ?? [];
  // Pair by pair, so that a machine whose speed drifts does not favour one of them.
  const ratio = (name: string) =>
    median(of('gateway').map((rate, round) => rate / (of(name)[round] as number)));
  return {
    rssMb: memory,
    figures: {
      votesPerS: Math.round(median(of('gateway'))),
      p99Ms: median(latencies),
      aedesVotesPerS: Math.round(median(of('aedes'))),
      ratioToAedes: ratio('aedes'),
      mosquittoPipelineVotesPerS: Math.round(median(of('mosquitto pipeline'))),
      ratioToMosquittoPipeline: ratio('mosquitto pipeline'),
    },
  };
}

function loadPlan(port: number, terminals: LoadPlan['terminals'], plan: IngestPlan): LoadPlan {
  const { votesPerMessage, measureMs } = plan;
  return { port, terminals, inFlight: IN_FLIGHT, votesPerMessage, warmUpMs: WARM_UP_MS, measureMs };
}

async function applyLoad(plan: LoadPlan, onPhase?: (phase: unknown) => Promise<void>): Promise<LoadResult> {
  const load = startNode('./load.js', [writePlan(plan)]);
  for (const phase of ['measuring', 'measured']) {
    await load.line((line) => line.phase === phase);
    await onPhase?.(phase);
  }
  return (await load.line((line) => 'totalVotes' in line)) as LoadResult;
}

async function gatewayPeer(plan: IngestPlan) {
  const home = await createHome(CONNECTIONS);
  const { child, mqttPort } = await startGateway(home.dataDir);
  const peer: Peer = {
    name: 'gateway',
    async run() {
      const { votes, elapsedMs, p99Ms } = await applyLoad(loadPlan(mqttPort, home.terminals, plan));
      return { votesPerS: (votes / elapsedMs) * 1_000, p99Ms };
    },
    async stop() {
      await child.end();
      home.dispose();
    },
  };
  return { peer, rssMb: () => rssMb(child.pid) };
}

const anonymous = Array.from({ length: CONNECTIONS }, (_, number) => ({ id: `t${number}` }));

async function aedesPeer(plan: IngestPlan): Promise<Peer> {
  const child = startNode('./peers/aedes.js');
  const { port } = await child.line((line) => 'port' in line);
  return {
    name: 'aedes',
    async run() {
      const { votes, elapsedMs, p99Ms } = await applyLoad(loadPlan(Number(port), anonymous, plan));
      return { votesPerS: (votes / elapsedMs) * 1_000, p99Ms };
    },
    stop: child.end,
  };
}

/** Counts what is in the database, not what the broker has acknowledged. */
async function pipelinePeer(plan: IngestPlan): Promise<Peer> {
  const folder = mkdtempSync(join(tmpdir(), 'manyi-bench-peer-'));
  const port = await freePort();
  const settings = join(folder, 'mosquitto.conf');
  writeFileSync(
    settings,
    `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\nmax_queued_messages 0\nmax_inflight_messages 0\nset_tcp_nodelay true\nlog_type error\n`,
  );
  const broker = startChild('mosquitto', ['-c', settings]);
  const subscriber = startNode('./peers/pipeline.js', [String(port), join(folder, 'votes.db')]);
  await subscriber.line(({ ready }) => ready === true);
  const stored = async () => {
    subscriber.write('\n');
    return Number((await subscriber.line((line) => 'stored' in line)).stored);
  };
  return {
    name: 'mosquitto pipeline',
    async run() {
      const marks: { votes: number; at: number }[] = [];
      const { p99Ms } = await applyLoad(loadPlan(port, anonymous, plan), async () => {
        marks.push({ votes: await stored(), at: performance.now() });
      });
      const [begin, end] = marks;
      // What Mosquitto still holds back would burden the next round.
      for (let before = -1, now = await stored(); now !== before; now = await stored()) {
        before = now;
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
      if (!begin || !end) throw new Error('the load said nothing of its phases');
      return { votesPerS: ((end.votes - begin.votes) / (end.at - begin.at)) * 1_000, p99Ms };
    },
    async stop() {
      await subscriber.end();
      await broker.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
