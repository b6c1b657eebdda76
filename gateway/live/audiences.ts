/** Who is sent the same: the whole city's walls, and those of each unit that somebody looks at. */
import type { LiveMessage } from '../../protocol/live.ts';
import type { Compressor } from '../compress/compressor.ts';
import { type Change, copyOf, mergeInto } from './change.ts';
import type { Feed, Stream } from './feed.ts';

/**
 * A snapshot is made, and compressed, once for all who ask within so long, e.g. after a restart: what has changed since follows it
 * as a patch, which is smaller.
 */
const SHARED_MS = 2_000;
/** Below it, a snapshot is as good as new. */
const FRESH_MS = 250;

export type SharedSnapshot = {
  /** JSON. */
  bytes: Buffer;
  /** gzip; null when there is too much to compress already. The same for everybody. */
  packed(): Promise<Buffer | null>;
  /** What has changed since it was made; null for nothing. To be copied by whoever keeps it. */
  since: Change | null;
  /** Its `now` is no longer the gateway's. */
  isStale(): boolean;
};

export type Audience<Client> = {
  unitId: string | null;
  stream: Stream;
  clients: Set<Client>;
  shared: (SharedSnapshot & { madeAt: number }) | null;
};

export type Audiences<Client> = {
  /** Of the whole city (null), or of one unit's subtree; made for its first client, whom the caller adds. */
  open(unitId: string | null): Audience<Client>;
  /** An audience ends with its last client. */
  leave(audience: Audience<Client>, client: Client): void;
  all(): Iterable<Audience<Client>>;
  areThere(): boolean;
  snapshotOf(audience: Audience<Client>): SharedSnapshot;
  /** Whoever still gets the shared snapshot gets this after it. */
  changed(audience: Audience<Client>, change: Change): void;
  /** Everything may have changed. */
  replace(): void;
};

export type AudiencesDeps = { feed: Feed; monotonic: () => number; compressor: Compressor };

export function createAudiences<Client>({ feed, monotonic, compressor }: AudiencesDeps): Audiences<Client> {
  const audiences = new Map<string | null, Audience<Client>>();
  const isShared = ({ shared }: Audience<Client>) =>
    shared !== null && monotonic() - shared.madeAt <= SHARED_MS;
  return {
    open(unitId) {
      const audience = audiences.get(unitId) ?? {
        unitId,
        stream: feed.stream(unitId),
        clients: new Set<Client>(),
        shared: null,
      };
      audiences.set(unitId, audience);
      return audience;
    },
    leave(audience, client) {
      audience.clients.delete(client);
      if (audience.clients.size === 0 && audiences.get(audience.unitId) === audience)
        audiences.delete(audience.unitId);
    },
    all: () => audiences.values(),
    areThere: () => audiences.size > 0,
    snapshotOf(audience) {
      if (audience.shared !== null && isShared(audience)) return audience.shared;
      const madeAt = monotonic();
      const bytes = encode(audience.stream.snapshot());
      let packing: Promise<Buffer | null> | null = null;
      audience.shared = {
        bytes,
        madeAt,
        since: null,
        packed() {
          packing ??= compressor.pack(bytes, 'gzip');
          return packing;
        },
        isStale: () => monotonic() - madeAt > FRESH_MS,
      };
      return audience.shared;
    },
    changed(audience, change) {
      const { shared } = audience;
      if (shared === null) return;
      if (!isShared(audience)) audience.shared = null;
      else if (shared.since === null) shared.since = copyOf(change);
      else mergeInto(shared.since, change);
    },
    replace() {
      for (const audience of audiences.values()) {
        audience.shared = null;
        audience.stream.replaced();
      }
    },
  };
}

/** As bytes, which any number of sockets can share; of a text, each would make and hold its own. */
export function encode(message: LiveMessage): Buffer {
  return Buffer.from(JSON.stringify(message));
}
