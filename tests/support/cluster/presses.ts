/** Citizens at every terminal, pressing until they are told to stop; what each terminal has thanked is written down. */
import { RATINGS, type Rating } from '../../../protocol/vote.ts';
import type { Random } from '../../faults/seed.ts';
import type { Swarm, SwarmTerminal } from '../agent-swarm.ts';
import { until } from '../wait.ts';

/** `terminal seq rating`. */
export type Presses = {
  /** What was thanked, each once. */
  thanked(): ReadonlySet<string>;
  /** One more at a terminal, by hand. */
  press(terminal: SwarmTerminal, rating?: Rating): Promise<number>;
  start(): void;
  /** Resolves when the last press has its answer. */
  stop(): Promise<void>;
  /** Milliseconds until at every terminal (or these) a vote that was pressed after now is acknowledged. */
  acksGoOn(timeoutMs?: number, at?: readonly SwarmTerminal[]): Promise<number>;
  /** By terminal: the highest number up to which everything is acknowledged. */
  acked(): Promise<Map<string, number>>;
  /** All that was thanked is acknowledged. */
  allAcked(timeoutMs?: number): Promise<void>;
};

/** Between two presses, all terminals together. */
const PAUSE_MS = { from: 5, to: 40 };

export const thankedLine = (terminal: string, seq: number, rating: Rating) => `${terminal} ${seq} ${rating}`;

export function createPresses(swarm: Swarm, random: Random): Presses {
  const thanked = new Set<string>();
  const waiting = new Set<Promise<unknown>>();
  let going: Promise<void> | null = null;
  let over = false;

  const press = async (terminal: SwarmTerminal, rating: Rating = random.pick(RATINGS)) => {
    const seq = await terminal.press(rating);
    thanked.add(thankedLine(terminal.login.id, seq, rating));
    return seq;
  };
  const pressOn = async () => {
    while (!over) {
      const one = press(random.pick(swarm.terminals));
      waiting.add(one);
      // A failure is `stop`'s to tell: nothing here may keep a terminal from thanking.
      one.then(
        () => waiting.delete(one),
        () => {},
      );
      await new Promise((resolve) => setTimeout(resolve, random.between(PAUSE_MS.from, PAUSE_MS.to)));
    }
  };
  const states = async () => new Map((await swarm.states()).map((state) => [state.id, state]));
  const acked = async () => new Map([...(await states())].map(([id, state]) => [id, state.acked]));

  return {
    thanked: () => thanked,
    press,
    acked,
    start() {
      over = false;
      going ??= pressOn();
    },
    async stop() {
      over = true;
      await going;
      going = null;
      await Promise.all(waiting);
    },
    async acksGoOn(timeoutMs = 30_000, at = swarm.terminals) {
      const begun = performance.now();
      const wanted = new Map<string, number>();
      for (const terminal of at) wanted.set(terminal.login.id, await press(terminal));
      await until(
        'votes that are pressed now to be acknowledged',
        async () => {
          const now = await acked();
          const behind = [...wanted].filter(([id, seq]) => (now.get(id) ?? 0) < seq);
          if (behind.length > 0) throw new Error(`not at ${behind.map(([id]) => id).join(', ')}`);
          return true;
        },
        { timeoutMs },
      );
      return performance.now() - begun;
    },
    async allAcked(timeoutMs = 60_000) {
      await until(
        'every thanked vote to be acknowledged',
        async () => {
          const open = [...(await states()).values()].filter(({ acked: upTo, last }) => upTo < last);
          if (open.length > 0)
            throw new Error(open.map(({ id, acked: upTo, last }) => `${id} ${upTo} of ${last}`).join('; '));
          return true;
        },
        { timeoutMs, everyMs: 50 },
      );
    },
  };
}
