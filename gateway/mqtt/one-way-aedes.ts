/** aedes, from which nothing that a terminal sends goes on to anybody. */
import { Aedes, type Client, type PublishPacket } from 'aedes';

type Published = (error?: Error) => void;

/**
 * What terminals send has ended at the gateway when aedes wants to route it (`authorizePublish`), wills included: it is not routed,
 * queued or retained, whatever its topic. Nor is what aedes tells of itself (`$SYS/`), which is for brokers beside it, and there are
 * none. What the gateway has to say does not come by here (deliveries.ts).
 */
export class OneWayAedes extends Aedes {
  override publish(_packet: PublishPacket, from: Client | null | Published, done?: Published): void {
    if (typeof from === 'function') from();
    else done?.();
  }
}
