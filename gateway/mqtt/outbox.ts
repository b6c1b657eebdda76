/**
 * What is on its way to terminals: all that is written to a connection in two turns of the event loop goes out together, as one TLS
 * record and with one system call, which cost more than what they carry. Two, because what the gateway publishes in answer to a
 * message comes a turn after the PUBACK.
 */
export type Outlet = {
  /** Writes what there is. */
  flush(): void;
};

export type Outbox = {
  /** The outlet has something to write, and not since it was flushed. */
  add(outlet: Outlet): void;
};

export function createOutbox(): Outbox {
  let waiting: Outlet[] = [];
  const flush = () => {
    const outlets = waiting;
    waiting = [];
    for (const outlet of outlets) outlet.flush();
  };
  return {
    add(outlet) {
      if (waiting.length === 0) setImmediate(setImmediate, flush);
      waiting.push(outlet);
    },
  };
}
