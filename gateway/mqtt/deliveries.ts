/** What the gateway publishes, on its way through aedes. */
import type { Aedes, AedesPublishPacket } from 'aedes';
import type { Broker } from './broker.ts';

export type Deliveries = {
  publish: Broker['publish'];
  /** What has been published is written, or its receivers have been waited for long enough. */
  settled(): Promise<void>;
};

/** A peer that does not read is not waited for. */
const LAST_WORDS_MS = 500;

export function createDeliveries(aedes: Pick<Aedes, 'id' | 'publish'>): Deliveries {
  let count = 0;
  let underWay = 0;
  let wake = () => {};
  return {
    publish(topic, payload, { qos, retain }) {
      const packet: AedesPublishPacket = {
        ...{ cmd: 'publish', topic, payload: Buffer.from(payload), qos, retain, dup: false },
        // aedes drops a message as a duplicate when a client has had a later one of the same broker. One that is retained, or
        // has QoS 1, takes longer on its way than one that is or has not: each kind is numbered as if by a broker of its own.
        brokerId: `${aedes.id}-${qos}${retain ? '-retained' : ''}`,
        brokerCounter: ++count,
      };
      underWay += 1;
      aedes.publish(packet, () => {
        underWay -= 1;
        if (underWay === 0) wake();
      });
    },
    settled: () =>
      new Promise((resolve) => {
        if (underWay === 0) return resolve();
        const late = setTimeout(resolve, LAST_WORDS_MS);
        wake = () => {
          clearTimeout(late);
          resolve();
        };
      }),
  };
}
