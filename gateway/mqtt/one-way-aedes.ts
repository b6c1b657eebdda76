/** aedes, from which nothing that a terminal sends goes on to anybody. */
import { Aedes, type Client, type PublishPacket } from 'aedes';

type Published = (error?: Error) => void;

/** What aedes tells brokers beside it and whoever watches: of who comes, goes and subscribes. There is nobody. */
const ABOUT_ITSELF = '$SYS/';

/**
 * What terminals send has ended at the gateway when aedes wants to route it (`authorizePublish`): it is not routed, queued or
 * retained, whatever its topic. aedes 1.2 hands such a message on with the client that it is of, wills included; without one,
 * it is the gateway's own.
 */
export class OneWayAedes extends Aedes {
  override publish(packet: PublishPacket, from: Client | null | Published, done?: Published): void {
    if (typeof from !== 'function') done?.();
    else if (packet.topic.startsWith(ABOUT_ITSELF)) from();
    else super.publish(packet, from);
  }
}
