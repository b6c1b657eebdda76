/**
 * What stays of a TLS connection for the next one: the session (RFC 8446, 2.2), which spares both ends the signatures. It belongs
 * to one certificate: the gateway goes on with the one that it was shown when the session began. Kept in memory alone.
 */
import { type ConnectionOptions, createSecureContext, type SecureContext } from 'node:tls';
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
   * @returns whether a session was offered and is let go, so that a handshake without it is worth a try at once.
   */
  failed(answered: boolean): boolean;
};

/** The socket below an MQTT session. */
export type TicketSource = { on(event: 'session', take: (session: Buffer) => void): unknown };

/** So many connections in a row that end without a word may have to do with the session after all. */
const MOST_FAILURES = 10;

export function createTlsSession(): TlsSession {
  let of: { identity: Identity; context: SecureContext } | null = null;
  let kept: Buffer | null = null;
  let offered = false;
  let failures = 0;
  /** Of the last connection: not kept before it was let in. */
  let fresh: { session: Buffer | null; isWelcome: boolean } = { session: null, isWelcome: false };

  return {
    offer(identity) {
      if (of === null || !isSame(of.identity, identity)) {
        const { key, certificate: cert, authority: ca } = identity;
        // Reading them anew for every connection costs a small board more than the handshake.
        of = { identity, context: createSecureContext({ key, cert, ca }) };
        kept = null;
      }
      fresh = { session: null, isWelcome: false };
      offered = kept !== null;
      return { secureContext: of.context, ...(kept && { session: kept }) };
    },
    listen(stream) {
      const own = fresh;
      stream.on('session', (session) => {
        own.session = session;
        // Of one that is over, it may be another certificate's.
        if (own.isWelcome && own === fresh) kept = session;
      });
    },
    welcome() {
      failures = 0;
      fresh.isWelcome = true;
      kept = fresh.session ?? kept;
    },
    failed(answered) {
      failures += 1;
      if (!offered || !(answered || failures >= MOST_FAILURES)) return false;
      kept = null;
      offered = false;
      failures = 0;
      return true;
    },
  };
}

function isSame(one: Identity, other: Identity): boolean {
  return one.certificate === other.certificate && one.authority === other.authority && one.key === other.key;
}
