/**
 * Everything the gateway counts, under the names that Prometheus sees. Counters are plain numbers that are read when
 * they are asked for: counting a vote must cost nothing beside storing it.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Counts by name; the names are a fixed, small set. */
export class Tallies {
  readonly counts = new Map<string, number>();
  add(name: string, count = 1): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + count);
  }
}

export type Tallied = {
  votesStored: number;
  votesDuplicate: number;
  votesElsewhere: number;
  votesJudged: number;
  noticesMissed: number;
  storageFailures: number;
  quarantined: Tallies;
  messages: Tallies;
  refused: Tallies;
  handshakes: Tallies;
  httpRefused: Tallies;
  jobFailures: Tallies;
};

/** @param logLinesLost of the program's log */
export function createMetrics(logLinesLost: () => number) {
  const registry = Registry.merge([processMetrics()]);
  const registers = [registry];
  const tallied: Tallied = {
    votesStored: 0,
    votesDuplicate: 0,
    votesElsewhere: 0,
    votesJudged: 0,
    noticesMissed: 0,
    storageFailures: 0,
    quarantined: new Tallies(),
    messages: new Tallies(),
    refused: new Tallies(),
    handshakes: new Tallies(),
    httpRefused: new Tallies(),
    jobFailures: new Tallies(),
  };

  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  const counter = (name: string, help: string, read: () => number) =>
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  const counters = (name: string, help: string, label: string, tallies: Tallies) =>
    new Counter({
      name,
      help,
      labelNames: [label],
      registers,
      collect() {
        this.reset();
        for (const [value, count] of tallies.counts) this.inc({ [label]: value }, count);
      },
    });

  counter('manyi_log_lines_lost_total', 'Lines of the log that could not be written', logLinesLost);
  counter('manyi_votes_stored_total', 'Votes stored', () => tallied.votesStored);
  counter(
    'manyi_votes_duplicate_total',
    'Votes sent again that were stored already',
    () => tallied.votesDuplicate,
  );
  counter('manyi_storage_failures_total', 'Messages whose commit failed', () => tallied.storageFailures);
  counters('manyi_quarantined_total', 'Messages and votes set aside', 'reason', tallied.quarantined);
  counters('manyi_mqtt_messages_total', 'Messages received from terminals', 'kind', tallied.messages);
  counters(
    'manyi_mqtt_refused_total',
    'Connections and subscriptions refused or cut',
    'reason',
    tallied.refused,
  );
  counters(
    'manyi_tls_handshakes_total',
    'Handshakes of terminals: `full`, or going on with a session (`resumed`), which costs half',
    'kind',
    tallied.handshakes,
  );
  counters('manyi_http_refused_total', 'HTTP requests refused', 'code', tallied.httpRefused);
  counters('manyi_job_failures_total', 'Jobs that failed when they came round', 'job', tallied.jobFailures);

  return {
    registry,
    tallied,
    watchTerminals(terminals: { connections(): number }) {
      gauge('manyi_mqtt_connections', 'Terminals connected', terminals.connections);
    },
    /** Votes whose verdict only what is stored can tell. */
    watchJudging(waiting: () => number) {
      counter(
        'manyi_votes_judged_total',
        'Stored votes that were looked at to judge some of them anew',
        () => tallied.votesJudged,
      );
      gauge(
        'manyi_spans_unjudged',
        'Stretches of windows whose votes wait to be judged, as last seen',
        waiting,
      );
    },
    /** Where several gateways have one database. */
    watchNeighbours(others: () => number) {
      gauge('manyi_neighbours', 'Other gateways on the same database, as far as they are heard', others);
      counter(
        'manyi_votes_elsewhere_total',
        'Votes that other gateways have stored, as they announced them',
        () => tallied.votesElsewhere,
      );
      counter(
        'manyi_notices_missed_total',
        'Times that something another gateway said did not come here, and all was read again',
        () => tallied.noticesMissed,
      );
    },
    watchWalls(walls: { clients(): number; cut: number }) {
      gauge('manyi_live_clients', 'Walls listening', walls.clients);
      counter('manyi_live_clients_cut_total', 'Walls cut because they took nothing', () => walls.cut);
    },
    /** Of the gateway's own wall clock. */
    watchClock(clock: { steps(): number; lastStepMs(): number }) {
      counter(
        'manyi_clock_steps_total',
        "Times that the gateway's clock was set by more than 2 s",
        clock.steps,
      );
      gauge(
        'manyi_clock_last_step_seconds',
        'How far it was set the last time, forward positive',
        () => clock.lastStepMs() / 1_000,
      );
    },
    watchJournals(journals: { unable(): number; setAside(): number }) {
      gauge('manyi_terminals_unable', 'Terminals that say they can take no votes', journals.unable);
      gauge('manyi_journals_set_aside', 'Journals put away on the cards of terminals', journals.setAside);
    },
    watchReview(review: { held(): number; clocksApart(): number; gatewayBehindMs(): number | null }) {
      gauge('manyi_votes_held', 'Votes held until a person has decided', review.held);
      gauge(
        'manyi_terminal_clocks_apart',
        "Terminals whose clock and the gateway's disagree",
        review.clocksApart,
      );
      gauge(
        'manyi_gateway_clock_behind_seconds',
        'By how much most terminals say that this clock is behind; 0 while they do not',
        () => (review.gatewayBehindMs() ?? 0) / 1_000,
      );
    },
    watchHttps(endsAt: () => number) {
      gauge(
        'manyi_https_certificate_expires_seconds',
        'When the HTTPS certificate ends, in seconds since the epoch',
        () => Math.floor(endsAt() / 1_000),
      );
    },
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

let ofProcess: Registry | null = null;

/** Of the process, once: what measures its event loop and its collections has no end. */
function processMetrics(): Registry {
  if (ofProcess) return ofProcess;
  ofProcess = new Registry();
  collectDefaultMetrics({ register: ofProcess });
  // Gauges under names that only a counter may have; they are the sum of nodejs_active_{handles,requests,resources}.
  for (const kind of ['handles', 'requests', 'resources'])
    ofProcess.removeSingleMetric(`nodejs_active_${kind}_total`);
  return ofProcess;
}

export type Metrics = ReturnType<typeof createMetrics>;
