/** How long a vote waits for its acknowledgement when a thousand terminals each send one at a time. */
import type { TransportName } from './gateway.ts';
import { startGatewayPeer } from './peers.ts';

export type AckFigures = { p50Ms: number; p99Ms: number; votesPerS: number };

const CONNECTIONS = 1_000;

export async function measureAck(transport: TransportName, measureMs: number): Promise<AckFigures> {
  const gateway = await startGatewayPeer(transport, CONNECTIONS);
  const { p50Ms, p99Ms, votesPerS } = await gateway.run({
    ...{ inFlight: 1, votesPerMessage: 1 },
    ...{ warmUpMs: 2_000, measureMs },
  });
  await gateway.stop();
  return { p50Ms, p99Ms, votesPerS: Math.round(votesPerS) };
}
