/**
 * What is kept for terminals beyond a moment: retained messages, and which messages of QoS 2 wait for their PUBREL (MQTT 3.1.1,
 * 4.3.3). Nothing else is: a session ends with its connection (sign-in.ts), so nothing waits for a terminal that is away.
 */
import { Readable } from 'node:stream';
import type { Client, PublishPacket } from 'aedes';

type Numbered = { messageId?: number | undefined };

/** What aedes asks of its `persistence`. */
export class KeptMessages {
  readonly #retained = new Map<string, PublishPacket>();
  /** They go with their connection. */
  readonly #unreleased = new WeakMap<Client, Set<number>>();

  async setup(): Promise<void> {}

  /** The latest of its topic; one that is empty ends it (3.3.1.3). */
  keep(packet: PublishPacket): void {
    if (packet.payload.length === 0) this.#retained.delete(packet.topic);
    else this.#retained.set(packet.topic, packet);
  }

  createRetainedStreamCombi(topics: readonly string[]): Readable {
    return streamOf(topics.flatMap((topic) => this.#retained.get(topic) ?? []));
  }

  async incomingStorePacket(client: Client, { messageId = 0 }: Numbered): Promise<void> {
    const ids = this.#unreleased.get(client);
    if (ids) ids.add(messageId);
    else this.#unreleased.set(client, new Set([messageId]));
  }

  /** @throws Error when there is none: aedes takes it as the first of its number. */
  async incomingGetPacket(client: Client, packet: Numbered): Promise<Numbered> {
    if (!this.#unreleased.get(client)?.has(packet.messageId ?? 0)) throw new Error('no such packet');
    return packet;
  }

  async incomingDelPacket(client: Client, { messageId = 0 }: Numbered): Promise<void> {
    if (!this.#unreleased.get(client)?.delete(messageId)) throw new Error('no such packet');
  }

  async cleanIncoming(client: Client): Promise<void> {
    this.#unreleased.delete(client);
  }

  outgoingStream(): Readable {
    return streamOf([]);
  }

  streamWill(): Readable {
    return streamOf([]);
  }

  async cleanSubscriptions(): Promise<void> {}
  async outgoingClearMessageId(): Promise<void> {}
  /** aedes has it beside its client. */
  async putWill(): Promise<void> {}
  async delWill(): Promise<void> {}
}

function streamOf(packets: readonly PublishPacket[]): Readable {
  return new Readable({
    objectMode: true,
    read() {
      for (const packet of packets) this.push(packet);
      this.push(null);
    },
  });
}
