import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Everything the gateway counts, under the names that Prometheus sees. */
export function createMetrics(gauges: { connections(): number; walls(): number; wallsCut(): number }) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  new Gauge({
    name: 'manyi_mqtt_connections',
    help: 'Terminals connected',
    registers,
    collect() {
      this.set(gauges.connections());
    },
  });
  new Gauge({
    name: 'manyi_live_clients',
    help: 'Walls listening',
    registers,
    collect() {
      this.set(gauges.walls());
    },
  });
  new Gauge({
    name: 'manyi_live_clients_cut',
    help: 'Walls cut because they took nothing, since start',
    registers,
    collect() {
      this.set(gauges.wallsCut());
    },
  });
  return {
    registry,
    stored: new Counter({ name: 'manyi_votes_stored_total', help: 'Votes stored', registers }),
    duplicates: new Counter({
      name: 'manyi_votes_duplicate_total',
      help: 'Votes sent again that were stored already',
      registers,
    }),
    quarantined: new Counter({
      name: 'manyi_quarantined_total',
      help: 'Messages and votes set aside',
      labelNames: ['reason'],
      registers,
    }),
    messages: new Counter({
      name: 'manyi_mqtt_messages_total',
      help: 'Messages received from terminals',
      labelNames: ['kind'],
      registers,
    }),
    refused: new Counter({
      name: 'manyi_mqtt_refused_total',
      help: 'Connections and subscriptions refused or cut',
      labelNames: ['reason'],
      registers,
    }),
    storageFailures: new Counter({
      name: 'manyi_storage_failures_total',
      help: 'Commits that failed',
      registers,
    }),
    commitSeconds: new Histogram({
      name: 'manyi_commit_seconds',
      help: 'Time of one commit',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers,
    }),
    commitVotes: new Histogram({
      name: 'manyi_commit_votes',
      help: 'Votes in one commit',
      buckets: [1, 4, 16, 64, 256, 1024, 4096],
      registers,
    }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
