/**
 * What rules say of long spans of stored votes, found out in a thread of its own: it reads at its own pace, and votes are taken meanwhile.
 * What it has found is written by who asks.
 */
import type { Worker } from 'node:worker_threads';
import type { Foreseen } from '../store/verdicts.ts';

/** To the thread: what is next. `isAdopted` tells of what it has said before: written, or forgotten. */
export type Ask = { before: number; isAdopted: boolean };
/** Of the thread. */
export type Told = { foreseen: Foreseen } | { failed: string };

export type Foresight = {
  /**
   * What is next of long spans, up to a moment; null where that cannot be told: the thread cannot read, or has ended.
   * Until `adopted` is called nothing else is asked.
   */
  next(before: number): Promise<Foreseen | null>;
  /** What it has told last is written; or is no longer so, and is to be looked at again. */
  adopted(isAdopted: boolean): void;
  close(): Promise<void>;
};

export type ForesightDeps = {
  /** Starts the thread. */
  start(): Worker;
  failed(reason: string): void;
};

/** A thread that nothing was asked of for so long is ended: it holds some 30 MB. */
const IDLE_MS = 30_000;

export function createForesight({ start, failed }: ForesightDeps): Foresight {
  let thread: Worker | null = null;
  /** The thread is at it while what it has told before is written. */
  let asked: Promise<Foreseen | null> | null = null;
  let isAdopted = true;
  let idle: NodeJS.Timeout | undefined;

  const end = async () => {
    const ended = thread;
    thread = null;
    asked = null;
    isAdopted = true;
    clearTimeout(idle);
    await ended?.terminate();
  };
  const ask = (question: Ask): Promise<Foreseen | null> => {
    const of = thread ?? start();
    // It keeps no process from its end.
    of.unref();
    thread = of;
    return new Promise((resolve) => {
      const forget = () => {
        of.off('message', told).off('error', broken).off('exit', ended);
      };
      const give = (foreseen: Foreseen | null) => {
        forget();
        resolve(foreseen);
      };
      const fail = (reason: string) => {
        give(null);
        // Otherwise it was closed.
        if (thread !== of) return;
        failed(reason);
        void end();
      };
      const told = (answer: Told) => ('failed' in answer ? fail(answer.failed) : give(answer.foreseen));
      const broken = (error: Error) => fail(error.message);
      const ended = (code: number) => fail(`it has ended with ${code}`);
      of.on('message', told).on('error', broken).on('exit', ended);
      of.postMessage(question);
    });
  };

  return {
    async next(before) {
      clearTimeout(idle);
      const foreseen = await (asked ?? ask({ before, isAdopted }));
      asked = null;
      if (foreseen === null) return null;
      if (!isAdopted) {
        // What it was asked for meanwhile went on from what has come to nothing.
        const again = await ask({ before, isAdopted: false });
        isAdopted = true;
        if (again === null) return null;
        asked = again.spans.length > 0 ? ask({ before, isAdopted: true }) : null;
        return again;
      }
      if (foreseen.spans.length > 0) asked = ask({ before, isAdopted: true });
      return foreseen;
    },
    adopted(was) {
      isAdopted = was;
      idle = setTimeout(() => void end(), IDLE_MS).unref();
    },
    close: end,
  };
}
