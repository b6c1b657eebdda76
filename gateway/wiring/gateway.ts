/** The whole wiring: every adapter is made here, and stopped here in order. */
import { randomUUID } from 'node:crypto';
import type { Server as HttpsServer } from 'node:https';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { listenAt } from '../../protocol/process/listening.ts';
import { TLS_RULES } from '../../protocol/tls.ts';
import { GATEWAY_STATUS_TOPIC, topicOf } from '../../protocol/topics.ts';
import { createTrust } from '../api/border/addresses.ts';
import { createServer } from '../api/server.ts';
import type { Config } from '../config.ts';
import { createTokenBuckets } from '../domain/token-buckets.ts';
import { createClockAlarms } from '../fleet/clock-alarms.ts';
import { createInbox } from '../fleet/inbox.ts';
import { createPresence } from '../fleet/presence.ts';
import { createIngest } from '../ingest/ingest.ts';
import { createJournals } from '../ingest/journals.ts';
import { startRounds } from '../jobs/rounds.ts';
import type { Admission, Broker, Login } from '../mqtt/broker.ts';
import { DEFAULT_BROKER_LIMITS } from '../mqtt/broker.ts';
import { createEmbeddedBroker } from '../mqtt/embedded.ts';
import { createRegistry, type Registry } from '../org/registry.ts';
import { createPeople } from '../people/people.ts';
import type { Tls } from '../pki/https.ts';
import { openHttpsCertificate, readFiles } from '../pki/https-certificate.ts';
import { createReview } from '../review/review.ts';
import { claimDataDir } from '../store/claim.ts';
import { databaseFile } from '../store/sqlite/sqlite-store.ts';
import { watchDescriptors } from '../watch/descriptor-watch.ts';
import { createMetrics, type Metrics } from '../watch/metrics.ts';
import { createStorageGuard } from '../watch/storage-guard.ts';
import { createStoreWatch } from '../watch/store-changes.ts';
import { createVoteLog } from '../watch/vote-log.ts';
import { openCheckedStore } from './checked-store.ts';
import { placesOf } from './places.ts';
import { createPutAway } from './put-away.ts';
import { createScoreboard } from './scores.ts';
import { createTerminalAccess } from './terminal-access.ts';

export const VERSION = '0.1.0';

const FIRST_ADMINISTRATOR = 'admin';
/** Reading again what people have decided: what counts as slow, and how many times as long is rested afterwards. */
const SLOW_READ_MS = 100;
const REST_AFTER_SLOW = 10;

export type Gateway = {
  httpPort: number;
  mqttPort: number;
  /** Of the first administrator, when it has just been made without a password of its own: to be told once, to a person. */
  firstPassword: { name: string; oneTimePassword: string } | null;
  /** Takes up a renewed certificate now, and says what is wrong with it; ends nothing. */
  reload(): Promise<void>;
  stop(): Promise<void>;
};

/**
 * @param transport `plain` is for measuring what TLS costs: no setting leads to it.
 * @param logLinesLost those of `log`, for the metrics
 */
export async function startGateway(
  config: Config,
  log: Logger,
  transport: 'tls' | 'plain' = 'tls',
  logLinesLost: () => number = () => 0,
): Promise<Gateway> {
  const now = Date.now;
  const monotonic = () => performance.now();
  const instance = randomUUID();
  const startedAt = now();
  const isTrusted = createTrust(config.trustedProxies);
  const file = databaseFile(config.dataDir);
  let serveHttps = (_tls: Tls): void => {};
  const openHttps = (read: () => Tls | Promise<Tls>) =>
    openHttpsCertificate({ log, now, read, serve: (tls) => serveHttps(tls) });
  const { httpsCert: certFile, httpsKey: keyFile } = config;
  // Before anything is opened: files that cannot be served are a mistake of the settings.
  const ownHttps =
    certFile !== null && keyFile !== null ? await openHttps(readFiles({ certFile, keyFile })) : null;
  const claim = claimDataDir(config.dataDir);
  const { store, ...checking } = await openCheckedStore(file, now, log).catch((error: unknown) => {
    claim.release();
    throw error;
  });
  const people = createPeople({
    store,
    now,
    monotonic,
    limits: {
      absoluteMs: config.sessionHours * 3_600_000,
      idleMs: config.sessionIdleMinutes * 60_000,
    },
  });
  const { audit } = people;
  const registry = createRegistry(store);
  const access = await createTerminalAccess({
    ...{ config, store, registry, audit, now, monotonic, log },
    follow: () => watch.follow(),
    changed: () => followStore(),
  });
  const journals = createJournals(store, config.votesPerDay, (terminalKey, epoch) =>
    putAway.isAskedFor(terminalKey, epoch),
  );
  const voteLog = createVoteLog(log, monotonic, (terminalId) => touch(terminalId));
  const clocks = createClockAlarms(voteLog);
  const refusalLog = createTokenBuckets(1 / 60, 30);

  let broker: Broker | null = null;
  const publishStatus = (online: boolean) =>
    broker?.publish(GATEWAY_STATUS_TOPIC, JSON.stringify({ online, instance, since: startedAt }), {
      qos: 1,
      retain: true,
    });

  const presence = createPresence(registry.terminals(), now, (terminalId, online) => {
    log.debug({ terminalId, online }, 'terminal presence');
    touch(terminalId);
  });
  const putAway = createPutAway({
    ...{ store, registry, audit, log, now, monotonic },
    isOnline: presence.isOnline,
    broker: () => broker,
    touch: (terminalId) => touch(terminalId),
    writtenOff: () => followDecisions(),
    storageFailed: (error) => guard.failed(error),
  });
  const { health } = putAway;
  const scoreboard = createScoreboard({
    ...{ config, store, registry, presence, journals, clocks, health, log, now, monotonic, instance },
  });
  const { scores, board, feed, hub, compressor, clockWatch, touch } = scoreboard;
  const metrics: Metrics = createMetrics({
    connections: () => broker?.connections() ?? 0,
    walls: hub.metrics.clients,
    wallsCut: () => hub.metrics.cut,
    logLinesLost,
    clockSteps: clockWatch.steps,
    lastClockStepMs: clockWatch.lastStepMs,
  });

  metrics.watchJournals(health);
  metrics.watchReview({
    held: journals.held,
    clocksApart: clocks.count,
    gatewayBehindMs: clocks.gatewayBehindMs,
  });

  const ingest = createIngest({
    store,
    journals,
    now,
    monotonic,
    exclusions: scores.exclusions,
    publish: (topic, payload) => broker?.publish(topic, payload, { qos: 1, retain: false }),
    limits: {
      messagesPerS: config.messagesPerS,
      burst: config.messageBurst,
      perMinute: config.votesPerMinute,
      perHour: config.votesPerHour,
      perDay: config.votesPerDay,
    },
    events: {
      stored(vote) {
        scores.stored(vote);
        feed.voted(vote);
        metrics.tallied.votesStored += 1;
      },
      evidence: (terminal) => feed.touched(terminal.windowId),
      duplicates(count) {
        metrics.tallied.votesDuplicate += count;
      },
      quarantined(reason, terminalId) {
        metrics.tallied.quarantined.add(reason);
        voteLog.quarantined(reason, terminalId);
      },
      clockHeard: clocks.heard,
      batch(votes, durationMs) {
        metrics.commitVotes.observe(votes);
        metrics.commitSeconds.observe(durationMs / 1_000);
      },
      failed(error) {
        metrics.tallied.storageFailures += 1;
        guard.failed(error);
      },
    },
  });

  const guard = createStorageGuard({
    store,
    file,
    now,
    log,
    publishStatus,
    flush: ingest.flush,
    reload() {
      journals.reload();
      scores.reload();
      registry.reload();
      access.reload();
      feed.replaced();
    },
  });

  let decisions = store.decisions();
  let nextReadAt = 0;
  /** What a person has decided about votes is taken up: scores, and what is still expected. */
  const followDecisions = () => {
    const latest = store.decisions();
    if (latest === decisions || monotonic() < nextReadAt) return;
    decisions = latest;
    const begun = monotonic();
    // What waits for its commit speaks of journals that are read again.
    ingest.flush();
    journals.reload();
    scores.reload();
    feed.replaced();
    const tookMs = monotonic() - begun;
    // Of a large database this takes a second or two: many decisions in a row must leave time for votes.
    if (tookMs > SLOW_READ_MS) nextReadAt = monotonic() + REST_AFTER_SLOW * tookMs;
  };

  const followStore = () => {
    const treeChanged = registry.reload();
    access.reload();
    broker?.cut(access.isWelcome);
    followDecisions();
    if (treeChanged) feed.replaced();
    putAway.follow();
  };
  const watch = createStoreWatch(store, followStore);

  const inbox = createInbox({
    registry,
    presence,
    votes: ingest,
    health: {
      latest: health.latest,
      take(terminalId, report) {
        health.take(terminalId, report);
        clocks.reported(terminalId, report.clockApartMs ?? null);
      },
    },
    greeted: putAway.greeted,
    answered: putAway.answered,
    async sign(terminal, payload, from) {
      const answer = await access.sign(terminal, payload, from);
      broker?.publish(topicOf(terminal.id, 'certificate'), JSON.stringify(answer), { qos: 1, retain: false });
    },
    received: (kind) => metrics.tallied.messages.add(kind),
    failed: (error, terminalId) => log.error({ err: error, terminalId }, 'a message could not be handled'),
  });
  broker = await createEmbeddedBroker(
    {
      authenticate: transport === 'tls' ? access.admit : trustNames(registry),
      message: inbox,
      connected: presence.connected,
      disconnected: presence.disconnected,
      refused(reason, terminalId) {
        metrics.tallied.refused.add(reason);
        const worthALook = /^(certificate|proxy-header)-/.test(reason) && refusalLog.take(0, monotonic());
        log[worthALook ? 'warn' : 'debug']({ reason, terminalId }, 'refused');
      },
    },
    DEFAULT_BROKER_LIMITS,
    transport === 'tls' ? { kind: 'tls', credentials: await access.credentials() } : { kind: 'plain' },
    config.mqttProxyProtocol === 'v2' ? isTrusted : null,
  );
  publishStatus(true);

  const save = () => {
    journals.save();
    people.save();
    putAway.save();
    store.saveSeen(
      presence.takeSeen().flatMap(({ terminalId, at }) => {
        const terminal = registry.terminal(terminalId);
        return terminal ? [{ terminalKey: terminal.key, at }] : [];
      }),
    );
  };
  const isSelfSigned = config.https === 'self-signed' && ownHttps === null;
  const https = isSelfSigned ? await openHttps(access.httpsCredentials) : ownHttps;
  if (https) metrics.watchHttps(https.endsAt);
  const app = await createServer({
    logger: log,
    tree: registry.tree,
    isOnline: presence.isOnline,
    lastSeenAt: presence.lastSeenAt,
    provisioning: access.provisioning,
    commandDesk: putAway.desk,
    review: createReview({
      ...{ store, audit, now },
      settle() {
        ingest.flush();
        journals.save();
      },
      changed: followDecisions,
    }),
    board,
    store,
    people,
    hub,
    compressor,
    metrics: metrics.registry,
    troubles: () => [guard.trouble() ?? []].flat(),
    warnings: () => [...(https?.warnings() ?? []), ...clocks.warnings()],
    refused: (code) => metrics.tallied.httpRefused.add(code),
    now,
    monotonic,
    allowedOrigins: config.allowedOrigins,
    isTrusted,
    basePath: config.basePath,
    requestsPerS: config.requestsPerS,
    timeZone: config.timeZone,
    tls: https?.tls() ?? null,
    // Seen from the built gateway.
    pagesRoot: fileURLToPath(new URL('../../../dist/pages', import.meta.url)),
    version: VERSION,
  });

  // What is not said again, the context forgets.
  serveHttps = (tls) => (app.server as HttpsServer).setSecureContext({ ...TLS_RULES, ...tls });
  const stopRounds = startRounds({
    log,
    tick: scoreboard.tick,
    recover: guard.recover,
    save() {
      if (guard.trouble() === null) save();
    },
    follow() {
      watch.follow();
      followDecisions();
      access.save();
    },
    sweep: hub.sweep,
    renew() {
      // Certificates end while their terminals are connected, too.
      broker?.cut(access.isWelcome);
    },
    lookAtCertificate: () => void https?.look(),
    lookAtDescriptors: watchDescriptors({
      log,
      terminals: () => [...registry.terminals()].length,
      maxWalls: scoreboard.maxWalls,
      monoMs: monotonic,
    }),
    storageFailed: guard.failed,
  });

  /** Nothing new comes in, what has come in is stored and announced, then the ground goes. */
  const stop = async () => {
    stopRounds();
    checking.stopCheck();
    publishStatus(false);
    await broker?.close();
    ingest.flush();
    ingest.stop();
    hub.close();
    feed.stop();
    await app.close();
    try {
      save();
    } catch (error) {
      log.error({ err: error }, 'what terminals last said could not be saved: they will say it again');
    }
    store.close();
    claim.release();
  };

  try {
    const oneTimePassword = await people.accounts.ensureFirst(FIRST_ADMINISTRATOR, config.adminPassword);
    const firstPassword = oneTimePassword === null ? null : { name: FIRST_ADMINISTRATOR, oneTimePassword };
    const { mqtt, http } = placesOf(config);
    const mqttPort = await listenAt(mqtt, broker.listen(mqtt.host, mqtt.port));
    await listenAt(http, app.listen({ host: http.host, port: http.port }));
    const address = app.server.address();
    const httpPort = typeof address === 'object' && address ? address.port : config.httpPort;
    checking.goOn(guard);
    return { httpPort, mqttPort, firstPassword, reload: async () => https?.look(true), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** For measuring only, with the plain transport: the name is the proof. */
const trustNames =
  (registry: Registry) =>
  ({ terminalId }: Login): Admission =>
    registry.terminal(terminalId) ? 'terminal' : { refused: 'terminal-unknown' };
