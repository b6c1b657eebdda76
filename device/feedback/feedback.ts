/**
 * The port of what the citizen sees. `thank` takes no argument: nothing shown can tell which of the three buttons it was.
 * It is called only after the journal's commit; `refuse` is the distinct sign that no vote was taken.
 */
export type Feedback = {
  start(): Promise<void>;
  thank(): void;
  refuse(): void;
  /** A standing sign, for the staff to see before the next citizen does: no vote can be taken until it is called off. */
  setOutOfOrder(active: boolean): void;
  stop(): Promise<void>;
};

/** All of them at once; one that fails does not silence the others. */
export function createFeedback(parts: Feedback[], onError: (error: unknown) => void): Feedback {
  const each = (act: (part: Feedback) => void) => {
    for (const part of parts) {
      try {
        act(part);
      } catch (error) {
        onError(error);
      }
    }
  };
  return {
    async start() {
      for (const part of parts) await part.start().catch(onError);
    },
    thank: () => each((part) => part.thank()),
    refuse: () => each((part) => part.refuse()),
    setOutOfOrder: (active) => each((part) => part.setOutOfOrder(active)),
    async stop() {
      for (const part of parts) await part.stop().catch(onError);
    },
  };
}
