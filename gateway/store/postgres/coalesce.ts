import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Calls that come while one runs are answered together by the next: a wait for the disk then serves all of them. Each is answered by
 * one that has begun after it.
 * @param apartMs between the beginnings of two, at least
 */
export function coalesce<A, R>(run: (asked: A[]) => Promise<R[]>, apartMs = 0): (one: A) => Promise<R> {
  type Waiting = { one: A; resolve: (result: R) => void; reject: (error: unknown) => void };
  let waiting: Waiting[] = [];
  let running = false;
  let begunAt = Number.NEGATIVE_INFINITY;

  const work = async () => {
    while (waiting.length > 0) {
      const earlyMs = begunAt + apartMs - performance.now();
      if (earlyMs > 0) await sleep(earlyMs);
      begunAt = performance.now();
      const batch = waiting;
      waiting = [];
      try {
        const results = await run(batch.map(({ one }) => one));
        batch.forEach(({ resolve }, index) => {
          resolve(results[index] as R);
        });
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    running = false;
  };

  return (one) =>
    new Promise((resolve, reject) => {
      waiting.push({ one, resolve, reject });
      // What is asked for in the same turn of the event loop goes along.
      if (running) return;
      running = true;
      queueMicrotask(work);
    });
}
