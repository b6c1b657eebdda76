/** The port to the MQTT broker that terminals speak to. */

/** A message that a terminal published on one of its own up topics, or a wrong one. */
export type Incoming = {
  terminalId: string;
  topic: string;
  payload: Buffer;
  /** The connection it came over: new at every connect. Null when the broker cannot tell (a will after the socket died). */
  connection: number | null;
};

/**
 * `done()` lets the broker acknowledge the message (MQTT PUBACK); `done(error)` drops the connection without one, so
 * that the terminal sends it again. The broker reads no more from a connection whose messages are not done.
 */
export type Done = (error?: Error) => void;

/** Why a connection is dropped, as a code. */
export class Drop extends Error {
  readonly code: string;
  constructor(code: string) {
    super(code);
    this.name = 'Drop';
    this.code = code;
  }
}

export type BrokerEvents = {
  authenticate(terminalId: string, secret: Buffer): boolean;
  message(incoming: Incoming, done: Done): void;
  connected(terminalId: string, connection: number): void;
  /** No connection of this terminal is left. */
  disconnected(terminalId: string, connection: number): void;
  /** A connection or message that was refused, with its coded reason; for counting and logging. */
  refused(reason: string, terminalId: string | null): void;
};

export type BrokerLimits = {
  maxConnections: number;
  /** Of one MQTT packet. */
  maxPacketBytes: number;
  /** Longest keepalive a terminal may ask for; 0 (none) is refused. */
  maxKeepaliveS: number;
  /** A connection must have sent its CONNECT by then. */
  connectTimeoutMs: number;
  /** A peer that takes nothing for so long is cut. */
  drainTimeoutMs: number;
};

export const DEFAULT_BROKER_LIMITS: BrokerLimits = {
  maxConnections: 20_000,
  maxPacketBytes: 17 * 1024,
  maxKeepaliveS: 300,
  connectTimeoutMs: 10_000,
  drainTimeoutMs: 10_000,
};

export interface Broker {
  /** @returns the port that is listened on; @throws when the port cannot be had. */
  listen(host: string, port: number): Promise<number>;
  /** Publishes as the gateway. Never throws; a message to a terminal that is away is dropped unless retained. */
  publish(topic: string, payload: string, options: { qos: 0 | 1; retain: boolean }): void;
  connections(): number;
  close(): Promise<void>;
}
