/** Who is sent the same: the whole city's walls, and those of each unit that somebody looks at. */
import type { LiveMessage } from '../../protocol/live.ts';
import type { Compressor } from '../compress/compressor.ts';
import { type Change, copyOf, mergeInto } from './change.ts';
import type { Feed, Source } from './feed.ts';

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

export type Channel<Client> = {
  unitId: string | null;
  source: Source;
  clients: Set<Client>;
  shared: (SharedSnapshot & { madeAt: number }) | null;
};

export type Channels<Client> = {
  /** Of the whole city (null), or of one unit's subtree; made for its first client, whom the caller adds. */
  open(unitId: string | null): Channel<Client>;
  /** A channel ends with its last client. */
  leave(channel: Channel<Client>, client: Client): void;
  all(): Iterable<Channel<Client>>;
  snapshotOf(channel: Channel<Client>): SharedSnapshot;
  /** Whoever still gets the shared snapshot gets this after it. */
  changed(channel: Channel<Client>, change: Change): void;
  /** Everything may have changed. */
  replace(): void;
};

export type ChannelsDeps = { feed: Feed; monotonic: () => number; compressor: Compressor };

export function createChannels<Client>({ feed, monotonic, compressor }: ChannelsDeps): Channels<Client> {
  const channels = new Map<string | null, Channel<Client>>();
  const isShared = ({ shared }: Channel<Client>) =>
    shared !== null && monotonic() - shared.madeAt <= SHARED_MS;
  return {
    open(unitId) {
      const channel = channels.get(unitId) ?? {
        unitId,
        source: feed.source(unitId),
        clients: new Set<Client>(),
        shared: null,
      };
      channels.set(unitId, channel);
      return channel;
    },
    leave(channel, client) {
      channel.clients.delete(client);
      if (channel.clients.size === 0 && channels.get(channel.unitId) === channel)
        channels.delete(channel.unitId);
    },
    all: () => channels.values(),
    snapshotOf(channel) {
      if (channel.shared !== null && isShared(channel)) return channel.shared;
      const madeAt = monotonic();
      const bytes = encode(channel.source.snapshot());
      let packing: Promise<Buffer | null> | null = null;
      channel.shared = {
        bytes,
        madeAt,
        since: null,
        packed() {
          packing ??= compressor.pack(bytes, 'gzip');
          return packing;
        },
        isStale: () => monotonic() - madeAt > FRESH_MS,
      };
      return channel.shared;
    },
    changed(channel, change) {
      const { shared } = channel;
      if (shared === null) return;
      if (!isShared(channel)) channel.shared = null;
      else if (shared.since === null) shared.since = copyOf(change);
      else mergeInto(shared.since, change);
    },
    replace() {
      for (const channel of channels.values()) {
        channel.shared = null;
        channel.source.replaced();
      }
    },
  };
}

/** As bytes, which any number of sockets can share; of a text, each would make and hold its own. */
export function encode(message: LiveMessage): Buffer {
  return Buffer.from(JSON.stringify(message));
}
