/** Which other gateways there are, as far as they are heard. */
export type OtherGateway = { instance: string; connections: number };

export type Gateways = {
  /** @returns whether it is new. */
  heard(instance: string, now: number): boolean;
  counts(instance: string, connections: number): void;
  left(instance: string): void;
  /** Not heard for so long that they are gone; told once. */
  silentSince(before: number): string[];
  /** This gateway was deaf: nobody's silence says anything. */
  heardAgain(now: number): void;
  all(): OtherGateway[];
};

/** By a monotonic clock, milliseconds. */
export function createGateways(): Gateways {
  const known = new Map<string, { heardAt: number; connections: number }>();
  return {
    heard(instance, now) {
      const one = known.get(instance);
      if (one) one.heardAt = now;
      else known.set(instance, { heardAt: now, connections: 0 });
      return one === undefined;
    },
    counts(instance, connections) {
      const one = known.get(instance);
      if (one) one.connections = connections;
    },
    left: (instance) => void known.delete(instance),
    silentSince(before) {
      const silent = [...known].filter(([, { heardAt }]) => heardAt < before).map(([instance]) => instance);
      for (const instance of silent) known.delete(instance);
      return silent;
    },
    heardAgain(now) {
      for (const one of known.values()) one.heardAt = now;
    },
    all: () => [...known].map(([instance, { connections }]) => ({ instance, connections })),
  };
}
