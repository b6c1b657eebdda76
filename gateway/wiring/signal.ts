/** What an earlier step says and later ones hear: so data flows one way, and nobody is called before it is there. */
export type Signal<What extends unknown[] = []> = Heard<What> & {
  /** What a listener throws keeps the later ones from hearing, and comes back to whoever tells. */
  tell(...what: What): void;
};

export type Heard<What extends unknown[] = []> = {
  /** Listeners hear in the order in which they began. */
  listen(listener: (...what: What) => void): void;
};

export function createSignal<What extends unknown[] = []>(): Signal<What> {
  const listeners: ((...what: What) => void)[] = [];
  return {
    tell(...what) {
      for (const listener of listeners) listener(...what);
    },
    listen: (listener) => void listeners.push(listener),
  };
}

/** A signal whose listeners may take their time: each is awaited before the next hears. */
export type SlowSignal<What extends unknown[] = []> = SlowHeard<What> & {
  /** @throws what a listener does; the later ones do not hear then. */
  tell(...what: What): Promise<void>;
};

export type SlowHeard<What extends unknown[] = []> = { listen(listener: (...what: What) => unknown): void };

export function createSlowSignal<What extends unknown[] = []>(): SlowSignal<What> {
  const listeners: ((...what: What) => unknown)[] = [];
  return {
    async tell(...what) {
      for (const listener of listeners) await listener(...what);
    },
    listen: (listener) => void listeners.push(listener),
  };
}
