/**
 * Who has subscribed to what. Terminals may subscribe to topics, not to patterns (traffic.ts): a map does what aedes' own tree of
 * topic levels does, and a connection costs a tenth of it.
 */
type Routed = { topic: string };
type Take = (packet: Routed, taken: () => void) => void;

/** What aedes asks of its `mq`. */
export type Routes = {
  on(topic: string, take: Take, done?: () => void): void;
  removeListener(topic: string, take: Take, done?: () => void): void;
  /** @param done when everyone who has subscribed has taken it. */
  emit(packet: Routed, done: () => void): void;
  close(done: () => void): void;
};

export function createRoutes(): Routes {
  const takers = new Map<string, Set<Take>>();
  return {
    on(topic, take, done) {
      const those = takers.get(topic);
      if (those) those.add(take);
      else takers.set(topic, new Set([take]));
      done?.();
    },
    removeListener(topic, take, done) {
      const those = takers.get(topic);
      if (those?.delete(take) && those.size === 0) takers.delete(topic);
      done?.();
    },
    emit(packet, done) {
      const those = takers.get(packet.topic);
      if (!those) return done();
      let left = those.size;
      const taken = () => {
        left -= 1;
        if (left === 0) done();
      };
      for (const take of [...those]) take(packet, taken);
    },
    close: (done) => setImmediate(done),
  };
}
