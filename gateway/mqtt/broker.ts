/** The port to the MQTT broker that terminals speak to. */

/** A message that a terminal published on one of its own up topics, or a wrong one. */
export type Incoming = {
  terminalId: string;
  topic: string;
  payload: Buffer;
  /** The connection it came over: new at every connect. Null when the broker cannot tell (a will after the socket died). */
  connection: number | null;
  /** The code that it has shown in place of a certificate, as Admission names it; all that it may do is to ask for one. */
  code: string | null;
  /** Of the other end. */
  address: string;
  /** Is the connection still there? */
  isOpen(): boolean;
};

/** What the other end of a TLS connection has shown, and proven to hold the key of. */
export type PeerCertificate = {
  /** Signed by the gateway's authority, for this purpose, and not expired. */
  trusted: boolean;
  /** The subject, when it is a common name and nothing else; else empty. */
  commonName: string;
  /** Hexadecimal, upper case. */
  serial: string;
  expiresAt: number;
  /** SHA-256 of the public key, hexadecimal. */
  publicKey(): string;
};

/** A CONNECT whose client id and user name are the same. */
export type Login = { terminalId: string; certificate: PeerCertificate | null; password: Buffer };

/**
 * `code` names the enrolment code that was shown, without giving it away. `refused` is a reason, for the counter and the log;
 * the peer is told "not authorised" and no more, unless it has shown the secret of a code that is over.
 */
export type Admission = 'terminal' | { code: string } | { refused: SignInRefusal };
export type CertificateRefusal = 'certificate-untrusted' | 'certificate-foreign' | 'certificate-revoked';
export type CodeRefusal = 'code-wrong' | 'code-used' | 'code-expired';
export type SignInRefusal = 'terminal-unknown' | CertificateRefusal | CodeRefusal;

/** What a connection was let in with: a certificate or a code. */
export type Welcome = { serial: string; code: string | null };

/**
 * What sessions are sealed with, so that a terminal can go on with its own: new ones with the first, and what is sealed with any of
 * them is opened. Each 48 bytes, of which the first 16 are its name; two of the same name are the same.
 */
export type TicketKeys = readonly [Buffer, ...Buffer[]];

/** PEM; `authority` is whose certificates terminals must have. */
export type Credentials = { key: string; cert: string; authority: string; ticketKeys: TicketKeys };

/**
 * `done()` lets the broker acknowledge the message (MQTT PUBACK); `done(error)` drops the connection without one, so
 * that the terminal sends it again. The broker reads no more from a connection whose messages are not done.
 */
export type Done = (error?: Error) => void;

export type DropCode =
  | 'sender-unknown'
  | 'terminal-unknown'
  | 'enrolling-only'
  | 'message-flood'
  | 'message-failed'
  | 'connection-gone';

/** Why a connection is dropped, as a code. */
export class Drop extends Error {
  readonly code: DropCode;
  constructor(code: DropCode) {
    super(code);
    this.name = 'Drop';
    this.code = code;
  }
}

export type BrokerEvents = {
  /** May be decided at once, or after a look at what is stored. */
  authenticate(login: Login): Admission | Promise<Admission>;
  /** Asked again when it is connected: what has been withdrawn since was not cut, because it was not there yet. */
  isWelcome(by: Welcome): boolean;
  message(incoming: Incoming, done: Done): void;
  connected(terminalId: string, connection: number): void;
  /** No connection of this terminal is left. */
  disconnected(terminalId: string, connection: number): void;
  /** A TLS handshake came to its end: whole, or going on with an earlier session. */
  handshaken(kind: 'full' | 'resumed'): void;
  /** A connection or message that was refused, with its coded reason; for counting and logging. */
  refused(reason: string, terminalId: string | null): void;
};

export type BrokerLimits = {
  maxConnections: number;
  /** Of one MQTT packet. */
  maxPacketBytes: number;
  /** Longest keepalive a terminal may ask for; 0 (none) is refused. */
  maxKeepaliveS: number;
  /**
   * A connection must say its first word within so long, and have done its TLS handshake within so long of its turn for one. Not
   * sooner: a slow gateway must not give up just before it is done.
   */
  handshakeTimeoutMs: number;
  /** And have sent its CONNECT in so long again. */
  connectTimeoutMs: number;
  /** Connections that have not signed in yet: beyond these, the one that is stuck for longest makes way. */
  maxPending: number;
  /** A peer that takes nothing for so long is cut. */
  drainTimeoutMs: number;
};

export const DEFAULT_BROKER_LIMITS: BrokerLimits = {
  maxConnections: 20_000,
  maxPacketBytes: 17 * 1024,
  maxKeepaliveS: 300,
  handshakeTimeoutMs: 30_000,
  connectTimeoutMs: 10_000,
  maxPending: 8_000,
  drainTimeoutMs: 10_000,
};

export interface Broker {
  /** @returns the port that is listened on; @throws when the port cannot be had. */
  listen(host: string, port: number): Promise<number>;
  /**
   * Publishes as the gateway. Never throws; a message to a terminal that is away is dropped unless retained. What is published
   * on one topic arrives in its order.
   */
  publish(topic: string, payload: string, options: { qos: 0 | 1; retain: boolean }): void;
  connections(): number;
  /** From now on. */
  sealWith(keys: TicketKeys): void;
  /** Ends every connection for which `isWelcome` does not hold any more; at once. */
  cut(isWelcome: (by: Welcome) => boolean): void;
  /** Ends the connection of this terminal: it has signed in at another gateway. */
  letGo(terminalId: string): void;
  /** Ends up to so many connections that have nothing under way; another gateway is to take them. @returns whose they were. */
  shed(count: number): string[];
  /** What was published is sent to those who read it; then every connection ends. */
  close(): Promise<void>;
}
