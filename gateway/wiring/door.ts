/** The last step: the door for terminals. Nothing comes in before everyone who is to hear of it listens. */
import { listenAt } from '../../protocol/process/listening.ts';
import { GATEWAY_STATUS_TOPIC, topicOf } from '../../protocol/topics.ts';
import { createTrust } from '../api/border/addresses.ts';
import type { Config } from '../config.ts';
import { createTokenBuckets } from '../domain/token-buckets.ts';
import { createInbox } from '../fleet/inbox.ts';
import { cutEnded } from '../jobs/cut-ended.ts';
import type { Job } from '../jobs/job.ts';
import { shareTerminals } from '../jobs/share-terminals.ts';
import { turnTicketKeys } from '../jobs/turn-ticket-keys.ts';
import { type Admission, DEFAULT_BROKER_LIMITS, type Login } from '../mqtt/broker.ts';
import { createEmbeddedBroker } from '../mqtt/embedded.ts';
import { isWorthALook } from '../mqtt/refusal-reasons.ts';
import { createShedding } from '../neighbours/shedding.ts';
import type { Registry } from '../org/registry.ts';
import { type Closable, openInOrder } from './closing.ts';
import type { Ground } from './ground.ts';
import type { NeighboursStep } from './neighbours.ts';
import { type Places, placesOf } from './places.ts';
import type { Terminals } from './terminals.ts';

export type DoorDeps = {
  config: Places & Pick<Config, 'mqttProxyProtocol' | 'trustedProxies'>;
  ground: Ground;
  neighbours: NeighboursStep;
  terminals: Terminals;
  /** `plain` is for measuring what TLS costs: no setting leads to it. */
  transport: 'tls' | 'plain';
};

export type Door = {
  port: number;
  jobs: readonly Job[];
};

/** @throws HostFault when the port cannot be had. */
export function openDoor({
  config,
  ground,
  neighbours,
  terminals,
  transport,
}: DoorDeps): Promise<Door & Closable> {
  const { log, monotonic, registry, metrics, storage, changes, instance, startedAt } = ground;
  const { access, presence, putAway, votes, said, say } = terminals;
  const refusalLog = createTokenBuckets(1 / 60, 30);
  const shedding = createShedding(monotonic);
  return openInOrder(log, async (onClose) => {
    const inbox = createInbox({
      ...{ registry, presence, votes: votes.ingest },
      health: {
        latest: putAway.health.latest,
        take(terminalId, report) {
          putAway.health.take(terminalId, report);
          votes.clocks.reported(terminalId, report.clockApartMs ?? null);
        },
      },
      greeted: putAway.greeted,
      answered: putAway.answered,
      async sign(terminal, payload, from) {
        const answer = await access.sign(terminal, payload, from);
        say(topicOf(terminal.id, 'certificate'), JSON.stringify(answer));
      },
      received: (kind) => metrics.tallied.messages.add(kind),
      failed: (error, terminalId) => log.error({ err: error, terminalId }, 'a message could not be handled'),
    });
    const broker = await createEmbeddedBroker(
      {
        authenticate: transport === 'tls' ? access.admit : trustNames(registry),
        isWelcome: access.isWelcome,
        message: inbox,
        connected(terminalId, connection) {
          const terminal = registry.terminal(terminalId);
          if (terminal) neighbours.connected(terminal.key);
          shedding.cameBack(terminalId);
          presence.connected(terminalId, connection);
        },
        disconnected(terminalId, connection) {
          const terminal = registry.terminal(terminalId);
          if (terminal) neighbours.disconnected(terminal.key);
          presence.disconnected(terminalId, connection);
        },
        handshaken: (kind) => metrics.tallied.handshakes.add(kind),
        refused(reason, terminalId) {
          metrics.tallied.refused.add(reason);
          const worthALook = isWorthALook(reason) && refusalLog.take(0, monotonic());
          log[worthALook ? 'warn' : 'debug']({ reason, terminalId }, 'refused');
        },
      },
      DEFAULT_BROKER_LIMITS,
      transport === 'tls' ? { kind: 'tls', credentials: await access.credentials() } : { kind: 'plain' },
      config.mqttProxyProtocol === 'v2' ? createTrust(config.trustedProxies) : null,
    );
    // Nothing new comes in, and what has come in is stored and announced while the later steps still listen.
    onClose('what has come in', votes.ingest.settled);
    onClose('the broker', broker.close);
    metrics.watchTerminals(broker);
    said.listen((topic, payload) => broker.publish(topic, payload, { qos: 1, retain: false }));
    const cutUnwelcome = () => broker.cut(access.isWelcome);
    changes.heard.listen(cutUnwelcome);
    neighbours.heard.takenOver.listen((terminalKey) => {
      const terminal = registry.terminalByKey(terminalKey);
      if (terminal) broker.letGo(terminal.id);
    });
    const publishStatus = (online: boolean) =>
      broker.publish(GATEWAY_STATUS_TOPIC, JSON.stringify({ online, instance, since: startedAt }), {
        qos: 1,
        retain: true,
      });
    storage.taking.listen(publishStatus);
    publishStatus(true);
    onClose('the status that terminals see', () => publishStatus(false));
    let sharedAt = monotonic();
    const share = () => {
      const sinceMs = monotonic() - sharedAt;
      sharedAt += sinceMs;
      const others = neighbours.others().map(({ connections }) => connections);
      const count = shedding.plan({ own: broker.connections(), others, sinceMs });
      if (count > 0) shedding.sent(broker.shed(count));
      if (shedding.takeInVain())
        log.info('terminals come back here: nothing in front of the gateways shares them out');
    };
    const { mqtt } = placesOf(config);
    const port = await listenAt(mqtt, broker.listen(mqtt.host, mqtt.port));
    const { ticketKeys } = access;
    const turning = turnTicketKeys({
      look: ticketKeys.look,
      use: () => broker.sealWith(ticketKeys.keys()),
    });
    const jobs = [cutEnded({ cutUnwelcome }), turning];
    return { port, jobs: neighbours.has ? [...jobs, shareTerminals({ share })] : jobs };
  });
}

/** For measuring only, with the plain transport: the name is the proof. */
const trustNames =
  (registry: Registry) =>
  ({ terminalId }: Login): Admission =>
    registry.terminal(terminalId) ? 'terminal' : { refused: 'terminal-unknown' };
