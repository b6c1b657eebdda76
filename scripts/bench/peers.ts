/** What the same load is put on in turn: the gateway, and what it is measured against, each plain and over TLS. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startChild, startNode } from './child.ts';
import { createHome, startGateway, type TransportName } from './gateway.ts';
import { createIssuer, type ServerIdentity } from './identities.ts';
import type { LoadPlan, LoadResult } from './load.ts';
import { writePlan } from './plan.ts';
import { cpuSecondsOf, rssMb } from './processes.ts';
import type { Login } from './sign-in.ts';

export type PeerName = 'gateway' | 'gateway on PostgreSQL' | 'aedes' | 'mosquitto pipeline';
export type PeerRun = {
  votesPerS: number;
  p50Ms: number;
  p99Ms: number;
  /** Cores that were busy with it while it was measured, and with the load. */
  cores: number;
  loadCores: number;
  /** … and with the servers of its database, where those are processes of their own. */
  databaseCores: number;
};
export type Peer = {
  name: PeerName;
  transport: TransportName;
  run(plan: PeerLoad): Promise<PeerRun>;
  rssMb(): number;
  stop(): Promise<void>;
};
export type PeerLoad = Omit<LoadPlan, 'port' | 'terminals'>;

/** `pids`: of its servers. */
export type BenchDatabase = { address: string; pids(): number[] };

type Phase = 'measuring' | 'measured';

async function applyLoad(plan: LoadPlan, onPhase: (phase: Phase) => Promise<void> | void) {
  const load = startNode('./load.js', [writePlan(plan)]);
  for (const phase of ['measuring', 'measured'] as const) {
    await load.line((line) => line.phase === phase);
    await onPhase(phase);
  }
  return (await load.line((line) => 'totalVotes' in line)) as LoadResult;
}

/** Puts the load on; what counts as done is what `count` says at its begin and end, or else what was acknowledged. */
type Measured = {
  pids: readonly number[];
  count?: () => Promise<number>;
  database?: () => readonly number[];
};

async function measure(plan: LoadPlan, { pids, count, database }: Measured): Promise<PeerRun> {
  const marks: { votes: number; atMs: number; cpuS: number; databaseCpuS: number }[] = [];
  const { votes, elapsedMs, p50Ms, p99Ms, cpuS } = await applyLoad(plan, async () => {
    const stored = (await count?.()) ?? 0;
    const cpuS = cpuSecondsOf(pids);
    const databaseCpuS = cpuSecondsOf(database?.() ?? []);
    marks.push({ votes: stored, atMs: performance.now(), cpuS, databaseCpuS });
  });
  const [begin, end] = marks;
  if (!begin || !end) throw new Error('the load said nothing of its phases');
  const measuredS = (end.atMs - begin.atMs) / 1_000;
  const votesPerS = count ? (end.votes - begin.votes) / measuredS : votes / (elapsedMs / 1_000);
  const cores = (end.cpuS - begin.cpuS) / measuredS;
  const databaseCores = (end.databaseCpuS - begin.databaseCpuS) / measuredS;
  return { votesPerS, p50Ms, p99Ms, cores, loadCores: cpuS / (elapsedMs / 1_000), databaseCores };
}

/**
 * @param database where its data is, instead of in a file
 * @param settings of the gateway, beside what every bench has
 */
export async function startGatewayPeer(
  transport: TransportName,
  connections: number,
  database?: BenchDatabase,
  settings: Record<string, string> = {},
): Promise<Peer> {
  const home = await createHome(connections, database?.address);
  const env = { ...settings, ...(database && { MANYI_DATABASE: database.address }) };
  const { child, mqttPort: port } = await startGateway(home.dataDir, { transport, env });
  const terminals = transport === 'tls' ? home.terminals : anonymous(connections);
  return {
    name: database ? 'gateway on PostgreSQL' : 'gateway',
    transport,
    run: (load) =>
      measure(
        { ...load, port, terminals },
        { pids: [child.pid], ...(database && { database: database.pids }) },
      ),
    rssMb: () => rssMb(child.pid),
    async stop() {
      await child.end();
      home.dispose();
    },
  };
}

export async function startAedesPeer(transport: TransportName, connections: number): Promise<Peer> {
  const place = await createPlace(transport, connections);
  const child = startNode('./peers/aedes.js', place.serverFile ? [place.serverFile] : []);
  const port = Number((await child.line((line) => 'port' in line)).port);
  return {
    ...{ name: 'aedes', transport },
    run: (load) => measure({ ...load, port, terminals: place.terminals }, { pids: [child.pid] }),
    rssMb: () => rssMb(child.pid),
    async stop() {
      await child.end();
      place.dispose();
    },
  };
}

/** Counts what is in the database, not what the broker has acknowledged. */
export async function startPipelinePeer(transport: TransportName, connections: number): Promise<Peer> {
  const place = await createPlace(transport, connections);
  const { folder, terminals } = place;
  const port = await freePort();
  const settings = join(folder, 'mosquitto.conf');
  writeFileSync(settings, `${mosquittoSettings(port, transport, folder).join('\n')}\n`);
  const broker = startChild('mosquitto', ['-c', settings]);
  const login = place.subscriberFile ? [place.subscriberFile] : [];
  const subscriber = startNode('./peers/pipeline.js', [String(port), join(folder, 'votes.db'), ...login]);
  await subscriber.line(({ ready }) => ready === true);
  const stored = async () => {
    subscriber.write('\n');
    return Number((await subscriber.line((line) => 'stored' in line)).stored);
  };
  return {
    ...{ name: 'mosquitto pipeline', transport },
    async run(load) {
      const result = await measure(
        { ...load, port, terminals },
        { pids: [broker.pid, subscriber.pid], count: stored },
      );
      // What Mosquitto still holds back would burden the next round.
      for (let before = -1, now = await stored(); now !== before; now = await stored()) {
        before = now;
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
      return result;
    },
    rssMb: () => rssMb(broker.pid) + rssMb(subscriber.pid),
    async stop() {
      await subscriber.end();
      await broker.end();
      place.dispose();
    },
  };
}

function mosquittoSettings(port: number, transport: TransportName, folder: string): string[] {
  const common = [
    `listener ${port} 127.0.0.1`,
    ...['persistence false', 'max_queued_messages 0', 'max_inflight_messages 0', 'set_tcp_nodelay true'],
    'log_type error',
  ];
  if (transport === 'plain') return [...common, 'allow_anonymous true'];
  return [
    ...common,
    ...['ca', 'cert', 'key'].map((kind) => `${kind}file ${join(folder, `${kind}.pem`)}`),
    ...['require_certificate true', 'use_identity_as_username true'],
    // Else it gives up its rights to a user who may not read these files.
    'user root',
  ];
}

/** A folder with what a peer needs: over TLS, certificates of the same kind as the gateway's and its terminals'. */
async function createPlace(transport: TransportName, connections: number) {
  const folder = mkdtempSync(join(tmpdir(), 'manyi-bench-peer-'));
  const dispose = () => rmSync(folder, { recursive: true, force: true });
  if (transport === 'plain')
    return { folder, dispose, terminals: anonymous(connections), serverFile: null, subscriberFile: null };
  const issuer = await createIssuer(folder);
  const terminals: Login[] = [];
  for (const { id } of anonymous(connections)) terminals.push((await issuer.terminal(id)).login);
  const server: ServerIdentity = await issuer.server();
  for (const kind of ['ca', 'cert', 'key'] as const) writeFileSync(join(folder, `${kind}.pem`), server[kind]);
  const serverFile = join(folder, 'server.json');
  writeFileSync(serverFile, JSON.stringify(server));
  const subscriberFile = join(folder, 'pipeline.json');
  writeFileSync(subscriberFile, JSON.stringify((await issuer.terminal('pipeline')).login));
  return { folder, dispose, terminals, serverFile, subscriberFile };
}

const anonymous = (count: number): Login[] =>
  Array.from({ length: count }, (_, number) => ({ id: `t${number}` }));

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
