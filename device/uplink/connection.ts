/**
 * One MQTT 3.1.1 session after another with the gateway: connects, comes back with backoff, and never gives up. It keeps
 * nothing: what is published while away is refused, because MQTT.js's offline queue lives in memory only.
 */
import { randomUUID } from 'node:crypto';
import mqtt from 'mqtt';
import { GATEWAY_NAME } from '../../protocol/identity.ts';
import type { Status } from '../../protocol/status.ts';
import { GATEWAY_STATUS_TOPIC, topicOf } from '../../protocol/topics.ts';
import { MAX_PAYLOAD_BYTES } from '../../protocol/vote.ts';
import { type Backoff, createBackoff } from '../backoff.ts';
import { codeOf, messageOf } from '../errors.ts';
import type { Credentials } from '../identity/credentials.ts';
import { isEnrolmentRefusal } from '../identity/enrolment.ts';
import type { Identity } from '../identity/identity.ts';
import type { Log } from '../log.ts';
import { createSessionRenewal } from './session-renewal.ts';
import { createTlsSession, goOnWith } from './tls-session.ts';
import { WRONG_PORT, wrongPortOf } from './wrong-port.ts';

export type ConnectionOptions = {
  terminalId: string;
  credentials: Pick<Credentials, 'obtain' | 'confirm' | 'reject'>;
  gatewayUrl: string;
  log: Log;
  /** Subscribed and online; the retained messages come after this. */
  onUp: () => void;
  onDown: () => void;
  onMessage: (topic: string, payload: Buffer) => void;
  backoff?: Backoff;
  keepaliveS?: number;
};

export type Connection = {
  start(): void;
  /** Says goodbye (status offline, then DISCONNECT) if it can within a second. */
  stop(): Promise<void>;
  isUp(): boolean;
  /** QoS 1; `done(true)` at PUBACK, `done(false)` when the session ended first. Returns false, and calls nothing, when not up. */
  publish(topic: string, payload: string, done?: (ok: boolean) => void): boolean;
  /** QoS 0; dropped when not up. */
  publishLossy(topic: string, payload: string): void;
  /** Drops the session and comes back: for a peer that holds the line and does not answer. */
  renew(reason: string): void;
  /** Comes back with the newest credentials. */
  reconnect(): void;
};

/** The gateway's own patience with a handshake, and some more: a whole city may be coming back at once. */
const CONNECT_TIMEOUT_MS = 45_000;
const GOODBYE_TIMEOUT_MS = 1_000;
/** Nobody listens at the gateway's port: the gateway is being started, perhaps. To be told so costs neither end anything. */
const NOT_LISTENING = 'ECONNREFUSED';
const NOT_LISTENING_CAP_MS = 5_000;
/** A session that lasted this long was a good one: the next attempt may be quick. */
const GOOD_SESSION_MS = 10_000;
const REFUSAL_TEXT: Record<string, string> = {
  '2': 'the gateway refuses this terminal id',
  '3': 'the gateway is not available',
  '4': 'the gateway refuses this terminal',
  '5': 'the gateway does not accept this certificate: revoked, or of another terminal',
};
/** What OpenSSL and Node.js call a certificate that will not do. */
const UNTRUSTED = /^(CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)/;
/** And an alert of the peer's (RFC 8446, 6). */
const TLS_ALERT = 'EPROTO';

export function createConnection(options: ConnectionOptions): Connection {
  const { terminalId, credentials, gatewayUrl, log, keepaliveS = 30 } = options;
  const backoff = options.backoff ?? createBackoff({ baseMs: 500, capMs: 30_000, floorMs: 100 });
  const statusTopic = topicOf(terminalId, 'status');
  const subscriptions = [
    GATEWAY_STATUS_TOPIC,
    ...(['ack', 'config', 'command', 'certificate'] as const).map((kind) => topicOf(terminalId, kind)),
  ];
  const tls = createTlsSession();
  const sessionRenewal = createSessionRenewal({ tls, gatewayUrl });
  let client: mqtt.MqttClient | null = null;
  let connectionId = '';
  let up = false;
  let stopped = true;
  let timer: NodeJS.Timeout | undefined;
  let lastComplaint = '';

  /** The same reason again every few seconds is noise: it is said once a change. */
  const complain = (code: string, text: string) => {
    const complaint = `${code}: ${text}`;
    log[complaint === lastComplaint ? 'debug' : 'warn']({ code, gateway: gatewayUrl }, text);
    lastComplaint = complaint;
  };

  const status = (online: boolean): string =>
    JSON.stringify({ online, connection: connectionId } satisfies Status);

  const begin = async () => {
    let identity: Identity;
    try {
      identity = await credentials.obtain();
    } catch (error) {
      complain(codeOf(error), messageOf(error));
      const code = codeOf(error);
      return comeBack(
        isEnrolmentRefusal(code) || ['gateway-untrusted', 'not-enrolled', WRONG_PORT].includes(code),
      );
    }
    if (!stopped) connect(identity);
  };

  const connect = (identity: Identity) => {
    connectionId = randomUUID();
    let refused = false;
    let answered = false;
    let isListening = true;
    let session: mqtt.MqttClient;
    try {
      const { secureContext, session: kept } = tls.offer(identity);
      session = mqtt.connect(gatewayUrl, {
        protocolVersion: 4,
        clean: true,
        clientId: terminalId,
        username: terminalId,
        // Nobody but the authority of the code, and of nobody's certificates but the gateway's.
        ...{ secureContext },
        servername: GATEWAY_NAME,
        keepalive: keepaliveS,
        reconnectPeriod: 0,
        connectTimeout: CONNECT_TIMEOUT_MS,
        queueQoSZero: false,
        resubscribe: false,
        will: { topic: statusTopic, payload: Buffer.from(status(false)), qos: 1, retain: true },
      });
      goOnWith(kept, session.stream);
    } catch (error) {
      complain('gateway-url-invalid', messageOf(error));
      return comeBack(false);
    }
    client = session;
    tls.listen(session.stream);
    let upSinceMs = 0;
    let over = false;
    const end = () => {
      if (over) return;
      over = true;
      sessionRenewal.stop();
      session.end(true);
      const wasUp = up && client === session;
      if (client === session) {
        client = null;
        up = false;
      }
      if (wasUp) {
        complain('gateway-lost', 'the connection to the gateway is gone');
        options.onDown();
      }
      if (upSinceMs > 0 && performance.now() - upSinceMs > GOOD_SESSION_MS) backoff.reset();
      // With the certificate itself it may be another matter.
      if (upSinceMs === 0 && tls.failed(answered) && !stopped) comeBackIn(0);
      else comeBack(refused, isListening);
    };
    session.on('error', (error) => {
      const code = codeOf(error);
      isListening = code !== NOT_LISTENING;
      refused = code === '4' || code === '5' || code === '2';
      answered = refused || code === TLS_ALERT || UNTRUSTED.test(code);
      // A new certificate that will not do must not keep the terminal away: the one before it is tried next.
      if (refused && credentials.reject()) refused = false;
      const wrongPort = wrongPortOf(error, gatewayUrl);
      if (wrongPort !== null) {
        refused = true;
        complain(WRONG_PORT, wrongPort);
      } else if (code in REFUSAL_TEXT)
        complain(refused ? 'gateway-refused' : 'gateway-unavailable', REFUSAL_TEXT[code]!);
      else if (UNTRUSTED.test(code))
        complain('gateway-untrusted', `not this terminal's gateway: ${messageOf(error)}`);
      else complain('gateway-unreachable', messageOf(error) || code);
      end();
    });
    session.on('close', end);
    session.on('message', (topic, payload) => {
      if (client !== session) return;
      if (payload.length > MAX_PAYLOAD_BYTES)
        return complain('message-too-long', `${payload.length} bytes on ${topic}`);
      options.onMessage(topic, payload);
    });
    session.on('connect', () => {
      if (client !== session) return;
      upSinceMs = performance.now();
      tls.welcome();
      sessionRenewal.schedule();
      try {
        credentials.confirm();
      } catch (error) {
        // The card cannot be written now: it is confirmed at the next connect.
        log.warn({ code: codeOf(error) }, messageOf(error));
      }
      session.publish(statusTopic, status(true), { qos: 1, retain: true });
      // Status before subscribe, subscribe before hello: the answers to a hello must not be missed.
      session.subscribe(subscriptions, { qos: 1 }, (error, granted) => {
        if (client !== session || over) return;
        // 128 in a SUBACK is a refusal that is not an error to MQTT.js.
        const denied = granted?.find(
          (grant) => grant.qos === 128 && !/\/(config|command)$/.test(grant.topic),
        );
        if (error || denied) {
          complain('subscribe-refused', error ? messageOf(error) : `the gateway refuses ${denied?.topic}`);
          refused = true;
          return end();
        }
        up = true;
        lastComplaint = '';
        log.info({ gateway: gatewayUrl }, 'gateway connected');
        options.onUp();
      });
    });
  };

  const comeBack = (refused: boolean, isListening = true) => {
    if (stopped) return;
    // What is refused does not get better by trying often, and each try costs the gateway a handshake.
    const delayMs = backoff.nextMs(isListening ? undefined : NOT_LISTENING_CAP_MS) + (refused ? 5_000 : 0);
    comeBackIn(delayMs);
  };
  const comeBackIn = (delayMs: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => void begin(), delayMs);
  };

  return {
    start() {
      if (!stopped) return;
      stopped = false;
      void begin();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      sessionRenewal.stop();
      const session = client;
      const wasUp = up;
      client = null;
      up = false;
      if (session === null) return;
      if (wasUp) {
        await new Promise<void>((resolve) => {
          const giveUp = setTimeout(resolve, GOODBYE_TIMEOUT_MS);
          const done = () => {
            clearTimeout(giveUp);
            resolve();
          };
          session.publish(statusTopic, status(false), { qos: 1, retain: true }, () =>
            session.end(false, {}, done),
          );
        });
      }
      session.end(true);
    },
    isUp: () => up,
    publish(topic, payload, done) {
      if (client === null || !up || !client.connected) return false;
      const session = client;
      session.publish(topic, payload, { qos: 1 }, (error) => {
        if (client === session) done?.(!error);
      });
      return true;
    },
    publishLossy(topic, payload) {
      if (up && client?.connected) client.publish(topic, payload, { qos: 0 });
    },
    renew(reason) {
      if (client === null) return;
      complain('gateway-stalled', reason);
      client.stream.destroy();
    },
    reconnect: () => void client?.stream.destroy(),
  };
}
