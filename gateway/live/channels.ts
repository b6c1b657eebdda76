/** Who is sent the same: the whole city's walls, and those of each unit that somebody looks at. */
import type { LiveMessage } from '../../protocol/live.ts';
import type { Feed, Source } from './feed.ts';

const SNAPSHOT_SHARED_MS = 500;

export type Channel<Client> = {
  unitId: string | null;
  source: Source;
  clients: Set<Client>;
  /** Shared by all who ask at about the same time, e.g. after a restart. */
  shared: { revision: number; at: number; snapshot: Buffer } | null;
};

export type Channels<Client> = {
  /** Of the whole city (null), or of one unit's subtree; made for its first client, whom the caller adds. */
  open(unitId: string | null): Channel<Client>;
  /** A channel ends with its last client. */
  leave(channel: Channel<Client>, client: Client): void;
  all(): Iterable<Channel<Client>>;
  snapshotOf(channel: Channel<Client>): Buffer;
  /** Everything may have changed. */
  replace(): void;
};

export function createChannels<Client>(feed: Feed, monotonic: () => number): Channels<Client> {
  const channels = new Map<string | null, Channel<Client>>();
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
      const [revision, at] = [channel.source.revision(), monotonic()];
      const { shared } = channel;
      if (shared?.revision === revision && at - shared.at <= SNAPSHOT_SHARED_MS) return shared.snapshot;
      const snapshot = encode(channel.source.snapshot());
      channel.shared = { revision, at, snapshot };
      return snapshot;
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
