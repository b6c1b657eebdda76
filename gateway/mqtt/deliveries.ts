/** What the gateway publishes, on its way to who has subscribed. */
import type { Broker } from './broker.ts';
import type { KeptMessages } from './kept-messages.ts';
import type { Routes } from './routes.ts';

export type Deliveries = {
  publish: Broker['publish'];
  /** What has been published is written, or its receivers have been waited for long enough. */
  settled(): Promise<void>;
};

/** A peer that does not read is not waited for. */
const LAST_WORDS_MS = 500;

export function createDeliveries(routes: Pick<Routes, 'emit'>, kept: KeptMessages): Deliveries {
  let underWay = 0;
  let wake = () => {};
  return {
    publish(topic, payload, { qos, retain }) {
      const packet = {
        cmd: 'publish',
        topic,
        payload: Buffer.from(payload),
        qos,
        retain,
        dup: false,
      } as const;
      if (retain) kept.keep(packet);
      underWay += 1;
      routes.emit(packet, () => {
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
