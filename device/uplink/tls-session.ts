/**
 * What stays of a TLS connection for the next one: the session (RFC 8446, 2.2), which spares both ends the signatures. It belongs
 * to one certificate: the gateway goes on with the one that it was shown when the session began. Kept in memory alone.
 */
import { type ConnectionOptions, createSecureContext, type SecureContext, TLSSocket } from 'node:tls';
import type { Identity } from '../identity/identity.ts';

export type TlsSession = {
  /** For the next connection, with its session if there is one. @throws Error for a key or certificate that is none. */
  offer(identity: Identity): Pick<ConnectionOptions, 'secureContext' | 'session'>;
  /** What the gateway gives over this connection, the one of the last `offer`. */
  listen(stream: TicketSource): void;
  /** The gateway has let it in: its session is worth keeping. */
  welcome(): void;
  /**
   * It was not let in. @param answered a peer has answered so that another try with this session is none: it is let go.
   * @returns whether that is so, and a handshake without it is worth a try at once.
   */
  failed(answered: boolean): boolean;
  /** What another session can be asked for with, and since when the one that is kept is there (monotonic); null: none is kept. */
  held(): { context: SecureContext; sinceMs: number } | null;
  /** In the place of the one before it, if that is of the same certificate. */
  keep(context: SecureContext, session: Buffer): void;
};

/** The socket below an MQTT session. */
export type TicketSource = {
  on(event: 'session', take: (session: Buffer) => void): unknown;
  once(event: 'connect', reached: () => void): unknown;
};

/** Connections in a row that end without a word may have to do with the session after all: of so many, one goes without. */
const ONE_WITHOUT = 10;

export function createTlsSession(monoMs: () => number = () => performance.now()): TlsSession {
  let of: { identity: Identity; context: SecureContext } | null = null;
  let kept: { session: Buffer; sinceMs: number } | null = null;
  let offered = false;
  /** In a row: those that reached somebody. */
  let failures = 0;
  /** Of the last connection: not kept before it was let in. */
  let fresh = begin();

  return {
    offer(identity) {
      if (of === null || !isSame(of.identity, identity)) {
        const { key, certificate: cert, authority: ca } = identity;
        // Reading them anew for every connection costs a small board more than the handshake.
        of = { identity, context: createSecureContext({ key, cert, ca }) };
        kept = null;
      }
      fresh = begin();
      const session = failures % ONE_WITHOUT === ONE_WITHOUT - 1 ? undefined : kept?.session;
      offered = session !== undefined;
      return { secureContext: of.context, ...(session && { session }) };
    },
    listen(stream) {
      const own = fresh;
      stream.once('connect', () => {
        own.isReached = true;
      });
      stream.on('session', (session) => {
        own.session = session;
        // Of one that is over, it may be another certificate's.
        if (own.isWelcome && own === fresh) kept = { session, sinceMs: monoMs() };
      });
    },
    welcome() {
      failures = 0;
      fresh.isWelcome = true;
      if (fresh.session !== null) kept = { session: fresh.session, sinceMs: monoMs() };
    },
    failed(answered) {
      if (fresh.isReached) failures += 1;
      if (!offered || !answered) return false;
      kept = null;
      failures = 0;
      return true;
    },
    held: () => (of && kept ? { context: of.context, sinceMs: kept.sinceMs } : null),
    keep(context, session) {
      if (of?.context === context) kept = { session, sinceMs: monoMs() };
    },
  };
}

/** What `tls.connect` itself calls for its option; its types leave it out. */
type WithSession = TLSSocket & { setSession(session: Buffer): void };

/**
 * Goes on with this session, once there is somebody to do it with. As an option of the connection, Node.js would read it twice, and
 * for every attempt that reaches nobody: each time as much work as all that is left of the handshake.
 */
export function goOnWith(session: Buffer | undefined, stream: unknown): void {
  if (session === undefined || !(stream instanceof TLSSocket)) return;
  // Before Node.js, which begins the handshake then.
  stream.prependOnceListener('connect', () => (stream as WithSession).setSession(session));
}

type Begun = { session: Buffer | null; isReached: boolean; isWelcome: boolean };
const begin = (): Begun => ({ session: null, isReached: false, isWelcome: false });

function isSame(one: Identity, other: Identity): boolean {
  return one.certificate === other.certificate && one.authority === other.authority && one.key === other.key;
}
