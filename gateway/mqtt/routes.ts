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
  /** Of nearly every topic there is one: a set of its own would cost more than the rest. */
  const takers = new Map<string, Take | Set<Take>>();
  return {
    on(topic, take, done) {
      const there = takers.get(topic);
      if (there === undefined) takers.set(topic, take);
      else if (there instanceof Set) there.add(take);
      else takers.set(topic, new Set([there, take]));
      done?.();
    },
    removeListener(topic, take, done) {
      const there = takers.get(topic);
      if (there instanceof Set) there.delete(take);
      else if (there === take) takers.delete(topic);
      done?.();
    },
    emit(packet, done) {
      const there = takers.get(packet.topic) ?? [];
      const those = typeof there === 'function' ? [there] : [...there];
      let left = those.length;
      if (left === 0) return done();
      const taken = () => {
        left -= 1;
        if (left === 0) done();
      };
      for (const take of those) take(packet, taken);
    },
    close: (done) => setImmediate(done),
  };
}
