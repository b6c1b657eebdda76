/**
 * Durable votes a second through the real ingest path, beside its peers, the same load in turn in one run: over TLS with a
 * certificate for every terminal, which is the product, and plain. Like is compared with like.
 */
import type { TransportName } from './gateway.ts';
import {
  type Peer,
  type PeerName,
  type PeerRun,
  startAedesPeer,
  startGatewayPeer,
  startPipelinePeer,
} from './peers.ts';
import { median } from './percentile.ts';

export type IngestFigures = {
  votesPerS: number;
  p99Ms: number;
  aedesVotesPerS: number;
  ratioToAedes: number;
  mosquittoPipelineVotesPerS: number;
  ratioToMosquittoPipeline: number;
  /** Cores that were busy with the gateway, and with the load on it. */
  cores: number;
  loadCores: number;
  /** Of the gateway, at the end. */
  rssMb: number;
};

export type IngestPlan = {
  votesPerMessage: number;
  rounds: number;
  measureMs: number;
  say(text: string): void;
};

const TRANSPORTS = ['tls', 'plain'] as const;
const CONNECTIONS = 100;
const IN_FLIGHT = 20;
const WARM_UP_MS = 1_500;

export async function measureIngest(plan: IngestPlan): Promise<Record<TransportName, IngestFigures>> {
  const { votesPerMessage, rounds, measureMs, say } = plan;
  const starts = [startGatewayPeer, startAedesPeer, startPipelinePeer];
  const peers: Peer[] = [];
  for (const transport of TRANSPORTS)
    for (const start of starts) peers.push(await start(transport, CONNECTIONS));
  const runs = new Map<Peer, PeerRun[]>(peers.map((peer) => [peer, []]));
  for (let round = 1; round <= rounds; round++)
    for (const peer of peers) {
      const run = await peer.run({ inFlight: IN_FLIGHT, votesPerMessage, warmUpMs: WARM_UP_MS, measureMs });
      runs.get(peer)?.push(run);
      const busy = `${run.cores.toFixed(2)} cores, load ${run.loadCores.toFixed(2)}`;
      say(
        `  round ${round}: ${peer.name}, ${peer.transport}: ${Math.round(run.votesPerS)} votes/s (${busy})`,
      );
    }
  const figures = (transport: TransportName): IngestFigures => {
    const find = (name: PeerName) =>
      peers.find((peer) => peer.name === name && peer.transport === transport) as Peer;
    const of = (name: PeerName, field: keyof PeerRun) =>
      (runs.get(find(name)) ?? []).map((run) => run[field]);
    const rates = of('gateway', 'votesPerS');
    // Pair by pair, so that a machine whose speed drifts does not favour one of them.
    const ratio = (name: PeerName) => {
      const others = of(name, 'votesPerS');
      return median(rates.map((rate, round) => rate / (others[round] as number)));
    };
    return {
      votesPerS: Math.round(median(rates)),
      p99Ms: median(of('gateway', 'p99Ms')),
      aedesVotesPerS: Math.round(median(of('aedes', 'votesPerS'))),
      ratioToAedes: ratio('aedes'),
      mosquittoPipelineVotesPerS: Math.round(median(of('mosquitto pipeline', 'votesPerS'))),
      ratioToMosquittoPipeline: ratio('mosquitto pipeline'),
      cores: median(of('gateway', 'cores')),
      loadCores: median(of('gateway', 'loadCores')),
      rssMb: find('gateway').rssMb(),
    };
  };
  const result = { tls: figures('tls'), plain: figures('plain') };
  for (const { stop } of peers) await stop();
  return result;
}
