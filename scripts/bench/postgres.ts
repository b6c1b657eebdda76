/**
 * Votes into PostgreSQL with a synchronous standby, everything on this machine: through the real gateway over TLS, beside the same
 * gateway on SQLite and PostgreSQL alone, in turn in one run.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, startCluster } from '../postgres/cluster.ts';
import { startNode } from './child.ts';
import { type BenchDatabase, type Peer, type PeerRun, startGatewayPeer } from './peers.ts';
import { median } from './percentile.ts';
import { measurePressToWall, type PressFigures } from './press-to-wall.ts';
import { openPair } from './two-gateways.ts';

export type PostgresIngest = {
  votesPerS: number;
  p50Ms: number;
  p99Ms: number;
  sqliteVotesPerS: number;
  ratioToSqlite: number;
  postgresAloneVotesPerS: number;
  ratioToPostgresAlone: number;
  /** Cores that were busy with the gateway, with the primary and its standby, and with the load. */
  cores: number;
  databaseCores: number;
  loadCores: number;
};
export type PostgresFigures = {
  single: PostgresIngest;
  batch32: PostgresIngest;
  /** Votes a second in messages of 32, to those in messages of one. */
  batchGain: number;
  offered: { messagesPerS: number; p50Ms: number; p99Ms: number };
  /** Terminals at one gateway, the wall at another. */
  pressToWall: PressFigures;
};
export type PostgresPlan = {
  rounds: number;
  measureMs: number;
  presses: number;
  say(text: string): void;
};

const CONNECTIONS = 200;
const SHAPES = [
  { key: 'single', votesPerMessage: 1, inFlight: 16 },
  { key: 'batch32', votesPerMessage: 32, inFlight: 4 },
] as const;
const OFFERED_PER_S = 1_000;
const WARM_UP_MS = 2_000;
/** What whoever runs it sets, of a server with a few gigabytes; the rest is as it comes. */
const SETTINGS = { shared_buffers: '512MB', max_wal_size: '4GB', checkpoint_timeout: '15min' };
/** Of PostgreSQL alone: batches as large as the gateway's are under load, on as many connections as it commits on. */
const ALONE = { connections: 4, votesPerBatch: 1_000 };

export async function measurePostgres(plan: PostgresPlan): Promise<PostgresFigures> {
  const cluster = await startCluster({ standby: true, settings: SETTINGS });
  const peers: Peer[] = [];
  try {
    const database = await databaseIn(cluster);
    const [postgres, sqlite] = [
      await startGatewayPeer('tls', CONNECTIONS, database),
      await startGatewayPeer('tls', CONNECTIONS),
    ];
    peers.push(postgres, sqlite);
    const found = {} as Record<(typeof SHAPES)[number]['key'], PostgresIngest>;
    for (const { key, ...shape } of SHAPES)
      found[key] = await measureShape({ postgres, sqlite, cluster, shape, plan });
    const offered = await postgres.run({
      ...{ inFlight: 0, offeredPerS: OFFERED_PER_S, votesPerMessage: 1 },
      ...{ warmUpMs: WARM_UP_MS, measureMs: plan.measureMs },
    });
    const { p50Ms, p99Ms } = offered;
    plan.say(
      `  ${OFFERED_PER_S} messages/s offered: PUBACK p50 ${p50Ms.toFixed(1)}, p99 ${p99Ms.toFixed(1)} ms`,
    );
    // What was stored until now is not to be in their way.
    for (const peer of peers.splice(0)) await peer.stop();
    const pressToWall = await measurePressToWall(plan.presses, async () =>
      openPair((await databaseIn(cluster)).address),
    );
    plan.say(
      `  press to wall, across two gateways: p50 ${pressToWall.p50Ms.toFixed(0)}, p99 ${pressToWall.p99Ms.toFixed(0)} ms`,
    );
    return {
      ...found,
      batchGain: found.batch32.votesPerS / found.single.votesPerS,
      offered: { messagesPerS: Math.round(offered.votesPerS), p50Ms, p99Ms },
      pressToWall,
    };
  } finally {
    for (const peer of peers) await peer.stop();
    await cluster.dispose();
  }
}

type ShapeDeps = {
  postgres: Peer;
  sqlite: Peer;
  cluster: Cluster;
  shape: { votesPerMessage: number; inFlight: number };
  plan: PostgresPlan;
};

async function measureShape({ postgres, sqlite, cluster, shape, plan }: ShapeDeps): Promise<PostgresIngest> {
  const { rounds, measureMs, say } = plan;
  const runs: { postgres: PeerRun; sqlite: PeerRun; alone: number }[] = [];
  for (let round = 1; round <= rounds; round++) {
    const load = { ...shape, warmUpMs: WARM_UP_MS, measureMs };
    const run = {
      postgres: await postgres.run(load),
      sqlite: await sqlite.run(load),
      alone: await runAlone(cluster, measureMs),
    };
    runs.push(run);
    const { votesPerS, p50Ms, p99Ms, cores, databaseCores, loadCores } = run.postgres;
    say(
      `  round ${round}, ${shape.votesPerMessage} a message: ${Math.round(votesPerS)} votes/s, PUBACK p50 ${p50Ms.toFixed(0)}, p99 ${p99Ms.toFixed(0)} ms ` +
        `(cores: gateway ${cores.toFixed(2)}, database ${databaseCores.toFixed(2)}, load ${loadCores.toFixed(2)}); ` +
        `on SQLite ${Math.round(run.sqlite.votesPerS)}, PostgreSQL alone ${Math.round(run.alone)}`,
    );
  }
  const of = (field: keyof PeerRun) => median(runs.map((run) => run.postgres[field]));
  // Pair by pair, so that a machine whose speed drifts does not favour one of them.
  const ratioTo = (other: (run: (typeof runs)[number]) => number) =>
    median(runs.map((run) => run.postgres.votesPerS / other(run)));
  return {
    votesPerS: Math.round(of('votesPerS')),
    ...{ p50Ms: of('p50Ms'), p99Ms: of('p99Ms') },
    sqliteVotesPerS: Math.round(median(runs.map((run) => run.sqlite.votesPerS))),
    ratioToSqlite: ratioTo((run) => run.sqlite.votesPerS),
    postgresAloneVotesPerS: Math.round(median(runs.map((run) => run.alone))),
    ratioToPostgresAlone: ratioTo((run) => run.alone),
    ...{ cores: of('cores'), databaseCores: of('databaseCores'), loadCores: of('loadCores') },
  };
}

async function databaseIn(cluster: Cluster): Promise<BenchDatabase> {
  const address = cluster.primary.address(await cluster.createDatabase());
  return { address, pids: () => [...cluster.primary.pids(), ...(cluster.standby?.pids() ?? [])] };
}

/** @returns committed votes a second. */
async function runAlone(cluster: Cluster, measureMs: number): Promise<number> {
  const { address } = await databaseIn(cluster);
  const child = startNode('./peers/postgres-alone.js', [
    address,
    String(ALONE.connections),
    String(ALONE.votesPerBatch),
  ]);
  await child.line(({ ready }) => ready === true);
  const committed = async () => {
    child.write('\n');
    return Number((await child.line((line) => 'committed' in line)).committed);
  };
  await sleep(WARM_UP_MS);
  const [begun, before] = [performance.now(), await committed()];
  await sleep(measureMs);
  const [after, elapsedMs] = [await committed(), performance.now() - begun];
  await child.end();
  return (after - before) / (elapsedMs / 1_000);
}
