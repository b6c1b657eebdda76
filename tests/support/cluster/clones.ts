/** Cards of which there are two: the same identity and the same journal, in two boards that both run, each at a gateway of its own. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { RATINGS, type Rating } from '../../../protocol/vote.ts';
import type { Random } from '../../faults/seed.ts';
import { createSwarm, type Swarm } from '../agent-swarm.ts';
import type { TerminalLogin } from '../gateway.ts';
import { until } from '../wait.ts';

export type Clones = {
  /** Each with all the terminals. */
  readonly boards: readonly [Swarm, Swarm];
  /** Everybody presses at both, for so long. */
  pressFor(ms: number): Promise<void>;
  /** `terminal rating`, each as often as it was thanked, in order. */
  thanked(): string[];
  /** How often a terminal has connected, both of its boards together. */
  signIns(): Map<string, number>;
  allAcked(): Promise<void>;
  stop(): Promise<void>;
};

export type ClonesOptions = {
  logins: readonly TerminalLogin[];
  folder: string;
  /** Of the one board and the other. */
  ports: readonly [number, number];
  random: Random;
};

const PAUSE_MS = { from: 20, to: 200 };
/** Between two visits of a board that is cut off again and again lies its longest wait, 30 s. */
const ALL_ACKED_MS = 180_000;

/** The original has voted before it was copied. */
export async function startClones({ logins, folder, ports, random }: ClonesOptions): Promise<Clones> {
  const thanked: string[] = [];
  const folderOf = (board: number) => join(folder, `board-${board}`);
  const open = (board: 0 | 1) => {
    mkdirSync(folderOf(board), { recursive: true });
    return createSwarm({ logins, port: () => ports[board], folder: () => folderOf(board) });
  };
  const press = async (swarm: Swarm, at: number, rating: Rating = random.pick(RATINGS)) => {
    const terminal = swarm.terminals[at];
    await terminal?.press(rating);
    thanked.push(`${terminal?.login.id} ${rating}`);
  };
  const acked = (swarm: Swarm, timeoutMs: number) =>
    until(
      'all that these boards have thanked to be acknowledged',
      async () => {
        const behind = (await swarm.states()).filter(({ acked: upTo, last }) => upTo < last);
        if (behind.length > 0)
          throw new Error(behind.map(({ id, acked: upTo, last }) => `${id} ${upTo} of ${last}`).join('; '));
        return true;
      },
      { timeoutMs, everyMs: 50 },
    );

  const boards: [Swarm, Swarm] = [open(0), open(1)];
  const [original, copy] = boards;
  await original.start();
  for (const at of logins.keys()) for (let vote = 0; vote < 5; vote++) await press(original, at);
  await acked(original, 30_000);
  await original.stop();
  for (const { id } of logins) {
    const card = new Database(join(folderOf(0), `${id}.db`), { readonly: true });
    await card.backup(join(folderOf(1), `${id}.db`));
    card.close();
  }
  await Promise.all([original.start(), copy.start()]);

  return {
    boards,
    async pressFor(ms) {
      const endsMs = performance.now() + ms;
      const pressOn = async (swarm: Swarm) => {
        while (performance.now() < endsMs) {
          await press(swarm, random.between(0, logins.length - 1));
          await new Promise((resolve) => setTimeout(resolve, random.between(PAUSE_MS.from, PAUSE_MS.to)));
        }
      };
      await Promise.all(boards.map(pressOn));
    },
    thanked: () => thanked.toSorted(),
    signIns: () =>
      new Map(
        logins.map(({ id }, at) => [
          id,
          boards.reduce((sum, one) => sum + (one.terminals[at]?.ups() ?? 0), 0),
        ]),
      ),
    async allAcked() {
      await Promise.all(boards.map((one) => acked(one, ALL_ACKED_MS)));
    },
    async stop() {
      await Promise.all(boards.map((one) => one.stop()));
    },
  };
}
