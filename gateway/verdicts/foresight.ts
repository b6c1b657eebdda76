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
   * What is next of long spans, up to a moment; null where that cannot be told: the thread cannot read, takes too long, or has ended.
   * Until `adopted` is called nothing else is asked.
   */
  next(before: number): Promise<Foreseen | null>;
  /** What it has told last is written; or is no longer so, and is to be looked at again. */
  adopted(isAdopted: boolean): void;
  /** For good. */
  close(): Promise<void>;
};

export type ForesightDeps = {
  /** Starts the thread. */
  start(): Worker;
  /** It is told once, until a thread has answered again. */
  failed(reason: string): void;
  monotonic(): number;
  /** Of one answer, with the start of the thread. */
  answerMs?: number;
  /** After a failure no thread is started for so long. */
  pauseMs?: number;
};

/** A thread that nothing was asked of for so long is ended: it holds some 30 MB. */
const IDLE_MS = 30_000;
const ANSWER_MS = 10_000;
const PAUSE_MS = 5 * 60_000;

type Answer = (foreseen: Foreseen | null) => void;

export function createForesight(deps: ForesightDeps): Foresight {
  const { start, failed, monotonic, answerMs = ANSWER_MS, pauseMs = PAUSE_MS } = deps;
  let thread: Worker | null = null;
  /** Who waits for its answer, of whom there is one at a time. */
  let answer: Answer = () => {};
  /** The thread is at it while what it has told before is written. */
  let asked: Promise<Foreseen | null> | null = null;
  let isAdopted = true;
  let isClosed = false;
  let hasFailed = false;
  let pausedUntil = Number.NEGATIVE_INFINITY;
  let idle: NodeJS.Timeout | undefined;

  const end = async () => {
    const ended = thread;
    [thread, asked, isAdopted] = [null, null, true];
    clearTimeout(idle);
    answer(null);
    await ended?.terminate();
  };
  const fail = (reason: string) => {
    pausedUntil = monotonic() + pauseMs;
    if (!hasFailed) failed(reason);
    hasFailed = true;
    void end();
  };
  /** Listened to for as long as it lives: what it throws while nobody asks would end the gateway. */
  const open = (): Worker => {
    const opened = start();
    const isIt = () => thread === opened;
    opened.on('message', (told: Told) => {
      if (!isIt()) return;
      if ('failed' in told) fail(told.failed);
      else {
        hasFailed = false;
        answer(told.foreseen);
      }
    });
    opened.on('error', (error) => isIt() && fail(error instanceof Error ? error.message : String(error)));
    opened.on('exit', (code) => isIt() && fail(`it has ended with ${code}`));
    // It keeps no process from its end.
    opened.unref();
    return opened;
  };
  const ask = (question: Ask): Promise<Foreseen | null> =>
    new Promise((resolve) => {
      const late = setTimeout(() => fail(`no answer within ${answerMs} ms`), answerMs).unref();
      answer = (foreseen) => {
        clearTimeout(late);
        answer = () => {};
        resolve(foreseen);
      };
      try {
        thread ??= open();
        thread.postMessage(question);
      } catch (error) {
        // The system gives no thread.
        fail(error instanceof Error ? error.message : String(error));
      }
    });
  const endsIdle = () => {
    clearTimeout(idle);
    if (thread !== null) idle = setTimeout(() => void end(), IDLE_MS).unref();
  };

  return {
    async next(before) {
      if (isClosed || (thread === null && monotonic() < pausedUntil)) return null;
      clearTimeout(idle);
      let foreseen = await (asked ?? ask({ before, isAdopted }));
      asked = null;
      // What it was asked for meanwhile went on from what has come to nothing; or saw nothing but that.
      if (foreseen !== null && (!isAdopted || foreseen.spans.length === 0)) {
        foreseen = await ask({ before, isAdopted });
        isAdopted = true;
      }
      if (foreseen !== null && foreseen.spans.length > 0 && !isClosed)
        asked = ask({ before, isAdopted: true });
      endsIdle();
      return foreseen;
    },
    adopted(was) {
      isAdopted = was;
    },
    async close() {
      isClosed = true;
      await end();
    },
  };
}
