/** Group commit, on a ledger that commits when the test says so. */
import { describe, expect, it } from 'vitest';
import { createCommitLanes } from '../../../gateway/ingest/commit-lanes.ts';
import { type Commitment, MAX_BATCH } from '../../../gateway/ingest/commit-queue.ts';
import type { Batch, Committed } from '../../../gateway/store/ledger.ts';
import { voteRecord } from '../../support/store.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function createRig(lanes = 1) {
  const batches: Batch[] = [];
  const open: { fulfil(): void; refuse(error: Error): void }[] = [];
  const told: string[] = [];
  const sizes: number[] = [];
  const queue = createCommitLanes(
    {
      lanes,
      laneOf: (journalKey) => journalKey % lanes,
      commit(batch) {
        batches.push(batch);
        return new Promise<Committed>((resolve, reject) => {
          open.push({
            fulfil: () => resolve({ outcomes: batch.votes.map(() => 'stored'), corrected: [] }),
            refuse: reject,
          });
        });
      },
    },
    {
      batch: (votes) => void sizes.push(votes),
      corrected: () => {},
      keepsConflict: () => true,
    },
  );
  const commitment = (name: string, votes: number, journalKey: number | null): Commitment => ({
    journalKey,
    votes: Array.from({ length: votes }, (_, at) =>
      voteRecord({ journalKey: journalKey ?? 0, seq: at + 1, boot: name }),
    ),
    quarantine: [],
    stored: (outcomes, first) => void told.push(`${name} ${first} ${outcomes.length}`),
    refused: (error) => void told.push(`${name} ${error.message}`),
  });
  const push = (name: string, votes = 1, journalKey: number | null = 1) =>
    queue.push(commitment(name, votes, journalKey));
  const next = () => open.shift() as (typeof open)[number];
  const sources = (at: number) => [...new Set(batches[at]?.votes.map(({ boot }) => boot))];
  return { queue, push, next, open, batches, sources, told, sizes };
}

describe('the queue of commits', () => {
  it('makes one transaction of what comes in one turn of the loop, and tells in order', async () => {
    const { push, next, batches, told, sizes } = createRig();
    push('a', 2);
    push('b', 0);
    push('c', 1);
    expect(batches).toHaveLength(0);
    await turn();
    expect(batches.map(({ votes }) => votes.length)).toEqual([3]);
    expect(told).toEqual([]);
    next().fulfil();
    await turn();
    expect(told).toEqual(['a 0 3', 'b 2 3', 'c 2 3']);
    expect(sizes).toEqual([3]);
  });

  it('gathers while one is under way, and commits that next', async () => {
    const { push, next, open, sources, told } = createRig();
    push('a');
    await turn();
    push('b');
    await turn();
    push('c');
    await turn();
    expect(open).toHaveLength(1);
    next().fulfil();
    await turn();
    await turn();
    expect(sources(1)).toEqual(['b', 'c']);
    next().fulfil();
    await turn();
    expect(told).toEqual(['a 0 1', 'b 0 2', 'c 1 2']);
  });

  it('settles all of a batch with its failure, and goes on with the next', async () => {
    const { push, next, told, sizes } = createRig();
    push('a');
    push('b', 3);
    await turn();
    push('c');
    next().refuse(new Error('full'));
    await turn();
    await turn();
    expect(told).toEqual(['a full', 'b full']);
    next().fulfil();
    await turn();
    expect(told).toEqual(['a full', 'b full', 'c 0 1']);
    expect(sizes).toEqual([1]);
  });

  it('begins a full batch at once, and makes none much larger', async () => {
    const { push, next, batches, open } = createRig();
    push('a', MAX_BATCH - 1);
    expect(batches).toHaveLength(0);
    push('b', 2);
    expect(batches.map(({ votes }) => votes.length)).toEqual([MAX_BATCH + 1]);
    for (let message = 0; message < 10; message++) push(`c${message}`, MAX_BATCH / 4);
    next().fulfil();
    // Without a turn of the loop: whoever came first waits long enough.
    for (let tick = 0; tick < 20; tick++) await null;
    expect(batches[1]?.votes).toHaveLength(MAX_BATCH);
    next().fulfil();
    await turn();
    expect(batches[2]?.votes).toHaveLength(MAX_BATCH);
    next().fulfil();
    await turn();
    await turn();
    expect(batches[3]?.votes).toHaveLength(MAX_BATCH / 2);
    expect(open).toHaveLength(1);
  });

  it('is settled when everything that was pushed before is, and not only then when it rests', async () => {
    const { queue, push, next } = createRig();
    await queue.settled();
    const seen: string[] = [];
    const look = (name: string) => void queue.settled().then(() => seen.push(name));
    push('a');
    look('a');
    await turn();
    push('b');
    look('a and b');
    await turn();
    expect(seen).toEqual([]);
    next().refuse(new Error('no'));
    await turn();
    expect(seen).toEqual(['a']);
    await turn();
    push('c');
    next().fulfil();
    await turn();
    expect(seen).toEqual(['a', 'a and b']);
  });

  it('forgets what waits when it is stopped, and keeps nobody waiting', async () => {
    const { queue, push, next, batches, told } = createRig();
    push('a');
    await turn();
    push('b');
    let isSettled = false;
    void queue.settled().then(() => {
      isSettled = true;
    });
    queue.stop();
    push('c');
    await turn();
    expect(isSettled).toBe(false);
    next().fulfil();
    await turn();
    expect([told, isSettled, batches.length]).toEqual([['a 0 1'], true, 1]);
    await queue.settled();
  });
});

describe('the queues of a ledger with lanes', () => {
  it('commit beside each other, and each journal in its order', async () => {
    const { push, next, sources, told } = createRig(2);
    push('a', 1, 2);
    push('b', 1, 3);
    await turn();
    expect([sources(0), sources(1)]).toEqual([['a'], ['b']]);
    push('c', 1, 2);
    push('d', 1, 4);
    const [first, second] = [next(), next()];
    second.fulfil();
    await turn();
    expect(told).toEqual(['b 0 1']);
    first.fulfil();
    await turn();
    await turn();
    expect([sources(2), told]).toEqual([
      ['c', 'd'],
      ['b 0 1', 'a 0 1'],
    ]);
  });

  it('hold up nobody else while one of them fails', async () => {
    const { queue, push, next, told, open } = createRig(2);
    push('a', 1, 2);
    push('b', 1, 3);
    await turn();
    next().refuse(new Error('no'));
    await turn();
    expect(told).toEqual(['a no']);
    let isSettled = false;
    const settled = queue.settled().then(() => {
      isSettled = true;
    });
    await turn();
    expect(isSettled).toBe(false);
    push('e', 1, 2);
    await turn();
    expect(open).toHaveLength(2);
    next().fulfil();
    await settled;
    expect(told).toEqual(['a no', 'b 0 1']);
  });

  it('take what speaks of no journal, too', async () => {
    const { push, next, told, batches } = createRig(3);
    push('a', 0, null);
    push('b', 1, 3);
    await turn();
    expect(batches).toHaveLength(1);
    next().fulfil();
    await turn();
    expect(told).toEqual(['a 0 1', 'b 0 1']);
  });
});
