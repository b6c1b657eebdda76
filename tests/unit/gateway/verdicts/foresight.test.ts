/** Who asks a thread what is next, and tells it what became of that. The threads are real; what they say is the test's. */
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import type { Foreseen } from '../../../../gateway/store/verdicts.ts';
import { createForesight, type Foresight } from '../../../../gateway/verdicts/foresight.ts';
import { until } from '../../../support/wait.ts';

/** Says what it was asked, counted, as the thread would: five times there is something. */
const COUNTING = `
  let asked = 0;
  parentPort.on('message', ({ before, isAdopted }) => {
    asked += 1;
    parentPort.postMessage({ foreseen: {
      revision: asked, decisions: isAdopted ? 1 : 0, seen: [], changes: [], votes: before,
      spans: asked > 5 ? [] : [{ key: 1, from: 0, to: 1, judgedTo: 1 }],
    } });
  });`;
const FAILING = `parentPort.on('message', () => parentPort.postMessage({ failed: 'the disk' }));`;
const BROKEN = `parentPort.on('message', () => { throw new Error('a mistake'); });`;
const SILENT = `parentPort.on('message', () => {});`;
const BREAKING_LATER = `parentPort.on('message', () => {
  parentPort.postMessage({ foreseen: { revision: 1, decisions: 0, seen: [], changes: [], votes: 0, spans: [] } });
  setTimeout(() => { throw new Error('later'); }, 50);
});`;
const ENDING = `parentPort.on('message', () => process.exit(7));`;

describe('what is found ahead', () => {
  let foresight: Foresight;
  let threads = 0;
  let failed: string[] = [];
  let now = 0;
  const open = (code: string, answerMs?: number) => {
    [threads, failed, now] = [0, [], 0];
    foresight = createForesight({
      ...{ monotonic: () => now, pauseMs: 1_000, ...(answerMs !== undefined && { answerMs }) },
      start() {
        threads += 1;
        if (code === '') throw new Error('no thread');
        return new Worker(`const { parentPort } = require('node:worker_threads'); ${code}`, {
          eval: true,
          stderr: true,
        });
      },
      failed: (reason) => void failed.push(reason),
    });
    return foresight;
  };
  afterEach(() => foresight.close());
  const nth = (foreseen: Foreseen | null) => foreseen && [foreseen.revision, foreseen.decisions];

  it('is told one after another, while what was told before is being written', async () => {
    const { next, adopted } = open(COUNTING);
    for (const count of [1, 2, 3]) {
      expect(nth(await next(9))).toEqual([count, 1]);
      adopted(true);
    }
    expect(threads).toBe(1);
  });

  it('is looked for again from what is stored, when what was told is no longer so', async () => {
    const { next, adopted } = open(COUNTING);
    expect(nth(await next(9))).toEqual([1, 1]);
    adopted(false);
    // The second was found meanwhile, and went on from the first.
    expect(nth(await next(9))).toEqual([3, 0]);
    adopted(true);
    expect(nth(await next(9))).toEqual([4, 1]);
    adopted(false);
    expect(nth(await next(9))).toEqual([6, 0]);
  });

  it('is asked for anew where there was nothing beside what was being written', async () => {
    const { next, adopted } = open(COUNTING);
    for (let count = 1; count <= 5; count++) {
      expect((await next(9))?.spans).toHaveLength(1);
      adopted(true);
    }
    // The sixth was found while the fifth was written; of what is stored, the seventh.
    expect(nth(await next(9))).toEqual([7, 1]);
    expect((await next(10))?.votes).toBe(10);
  });

  it.each([
    ['cannot read', FAILING, 'the disk'],
    ['is broken', BROKEN, 'a mistake'],
    ['has ended', ENDING, 'it has ended with 7'],
    ['cannot be started', '', 'no thread'],
    ['does not answer', SILENT, 'no answer within 300 ms'],
  ])(
    'is nothing where the thread %s, which is told once; after a while another one is asked',
    async (_what, code, reason) => {
      const { next } = open(code, code === SILENT ? 300 : 10_000);
      expect([await next(9), await next(9)]).toEqual([null, null]);
      expect([failed, threads]).toEqual([[reason], 1]);
      now = 1_001;
      expect(await next(9)).toBe(null);
      expect([failed, threads]).toEqual([[reason], 2]);
    },
  );

  it('is nothing where the thread breaks while nobody asks, and is told', async () => {
    const { next } = open(BREAKING_LATER);
    expect((await next(9))?.spans).toEqual([]);
    await until('it to break', () => failed.length > 0);
    expect([failed, await next(9)]).toEqual([['later'], null]);
  });

  it('ends with its thread when it is closed, and says nothing of that', async () => {
    const { next, close } = open(SILENT);
    const waiting = next(9);
    await close();
    expect([await waiting, failed, await next(9), threads]).toEqual([null, [], null, 1]);
  });
});
