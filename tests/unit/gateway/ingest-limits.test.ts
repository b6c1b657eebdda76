/** What a terminal may add, whatever it said of its numbers before; and that what waits for a person is told alike after a restart. */
import { afterEach, describe, expect, it } from 'vitest';
import { createExclusions } from '../../../gateway/domain/exclusions.ts';
import { type KnownTerminal, openIngest } from '../../../gateway/ingest/ingest.ts';
import { openJournals } from '../../../gateway/ingest/journals.ts';
import type { Ledger } from '../../../gateway/store/ledger.ts';
import type { SqliteStore } from '../../../gateway/store/sqlite/sqlite-store.ts';
import { decide } from '../../support/decide.ts';
import { batchOf } from '../../support/ledger-home.ts';
import { liveVerdicts } from '../../support/live-verdicts.ts';
import { createStoreHome } from '../../support/store.ts';
import { addSmallTown } from '../../support/tree.ts';

const NOW = Date.parse('2026-11-22T03:00:00Z');
const EPOCH = 'ab'.repeat(16);
const PER_DAY = 50;
const TERMINAL: KnownTerminal = {
  ...{ key: 1, id: 't-1', windowId: 'w1', windowKey: 1 },
  votesTopic: 'manyi/v1/t-1/votes',
};

const homes: ReturnType<typeof createStoreHome>[] = [];
afterEach(() => {
  for (const home of homes.splice(0)) home.dispose();
});

async function createSide(store: SqliteStore, ledger: Ledger = store.ledger) {
  const journals = await openJournals({ store: store.journals, ledger, perDay: 1_000 });
  const quarantined: string[] = [];
  const failures: Error[] = [];
  const ingest = await openIngest({
    ...{ stored: store.votes, ledger, journals, now: () => NOW, monotonic: () => 0 },
    exclusions: () => createExclusions([]),
    verdicts: liveVerdicts(),
    hasNeighbours: false,
    publish: () => {},
    limits: { messagesPerS: 1e6, burst: 1e6, perMinute: PER_DAY, perHour: PER_DAY, perDay: PER_DAY },
    events: {
      stored: () => {},
      storedBefore: () => {},
      corrected: () => {},
      evidence: () => {},
      duplicates: () => {},
      quarantined: (reason) => void quarantined.push(reason),
      clockHeard: () => {},
      batch: () => {},
      failed: (error) => void failures.push(error),
    },
  });
  const say = async (kind: 'votes' | 'hello', message: object) => {
    ingest[kind](TERMINAL, Buffer.from(JSON.stringify(message)), () => {});
    await ingest.settled();
  };
  return { journals, ingest, quarantined, failures, say };
}

const vote = (seq: number, change: object = {}) => ({
  ...{ seq, rating: 'satisfied', at: NOW - 1_000, clock: 'ntp', boot: 'b', mono: seq },
  ...change,
});
const votes = (from: number, to: number, change: object = {}) => ({
  epoch: EPOCH,
  votes: Array.from({ length: to - from + 1 }, (_, index) => vote(from + index, change)),
  totals: { satisfied: to, basically: 0, unsatisfied: 0 },
});

async function open() {
  const home = createStoreHome();
  homes.push(home);
  const store = home.open();
  await addSmallTown(store);
  return store;
}

describe('more votes than people can press', () => {
  it('are held under numbers that were given up for lost', async () => {
    const store = await open();
    const side = await createSide(store);
    await side.say('hello', {
      ...{ epoch: EPOCH, boot: 'b', version: '1', inputs: [], clock: 'ntp' },
      journal: { first: 201, last: 200 },
    });
    expect(side.journals.evidenceOf(1).journals).toMatchObject([{ state: 'lost', lost: 200 }]);
    for (let from = 1; from <= 200; from += 50) await side.say('votes', votes(from, from + 49));
    const [source] = await store.journals.journals();
    expect(source?.stored.satisfied).toBe(PER_DAY);
    expect(side.journals.evidenceOf(1).journals).toMatchObject([{ state: 'held', held: 150, lost: 0 }]);
    const again = await createSide(store);
    expect(again.journals.evidenceOf(1)).toEqual(side.journals.evidenceOf(1));
    store.close();
  });

  it('are held under numbers that were set aside', async () => {
    const store = await open();
    const side = await createSide(store);
    for (let from = 1; from <= 200; from += 50)
      await side.say('votes', votes(from, from + 49, { rating: 'none' }));
    for (let from = 1; from <= 200; from += 50) await side.say('votes', votes(from, from + 49));
    expect((await store.journals.journals())[0]?.stored.satisfied).toBe(PER_DAY);
    expect((await createSide(store)).journals.evidenceOf(1)).toEqual(side.journals.evidenceOf(1));
    store.close();
  });
});

it('a vote that could not be stored is not counted against the terminal', async () => {
  const store = await open();
  let isFull = true;
  const ledger = store.ledger;
  const side = await createSide(store, {
    ...ledger,
    async commit(batch) {
      if (isFull) throw new Error('the disk is full');
      return ledger.commit(batch);
    },
  });
  for (let attempt = 0; attempt < 5; attempt++) await side.say('votes', votes(1, 20));
  isFull = false;
  await side.say('votes', votes(1, 20));
  expect(side.failures).toHaveLength(5);
  expect((await store.journals.journals())[0]?.stored.satisfied).toBe(20);
  expect(side.quarantined).toEqual([]);
  store.close();
});

it('a number that was set aside and then sent well waits for nobody, after a restart too', async () => {
  const store = await open();
  const side = await createSide(store);
  await side.say('votes', votes(1, 1, { rating: 'none' }));
  expect(side.journals.evidenceOf(1).journals).toMatchObject([{ state: 'held', held: 1 }]);
  await side.say('votes', votes(1, 1));
  expect(side.journals.evidenceOf(1).journals).toMatchObject([{ state: 'complete', held: 0 }]);
  expect((await createSide(store)).journals.evidenceOf(1)).toEqual(side.journals.evidenceOf(1));
  expect(await store.review.heldSummary()).toEqual([]);
  store.close();
});

it('other bodies of stored votes are told as held only where they are kept', async () => {
  const store = await open();
  const side = await createSide(store);
  for (let from = 1; from <= 50; from += 50) await side.say('votes', votes(from, from + 49));
  // What is malformed uses up what is kept of this terminal.
  for (let message = 0; message < 256; message++) await side.say('votes', { nothing: message });
  await side.say('votes', votes(1, 50, { rating: 'basically' }));
  expect(side.journals.evidenceOf(1)).toEqual((await createSide(store)).journals.evidenceOf(1));
  store.close();
});

it('what is lost after numbers that were written off is not written off with them', async () => {
  const store = await open();
  const side = await createSide(store);
  const hello = (first: number, last: number) =>
    side.say('hello', {
      ...{ epoch: EPOCH, boot: 'b', version: '1', inputs: [], clock: 'ntp' },
      journal: { first, last },
    });
  await side.say('votes', votes(1, 4));
  await hello(1, 10);
  await side.journals.save();
  // By another process: this one has not read it yet.
  const off = await decide(store.review, (tx) => tx.writeOff('t-1', EPOCH, NOW));
  expect(off).toEqual({ lost: 0, onItsWay: 6 });
  await hello(21, 20);
  expect((await createSide(store)).journals.evidenceOf(1).journals).toMatchObject([
    { state: 'lost', lost: 16 },
  ]);
  store.close();
});

it('another body of a stored vote waits for a person, however many malformed messages come after it', async () => {
  const store = await open();
  const side = await createSide(store);
  await side.say('votes', votes(1, 1));
  for (let copy = 0; copy < 6; copy++)
    await side.say('votes', votes(1, 1, { rating: 'basically', boot: `b${copy}` }));
  const malformed = {
    ...{ receivedAt: NOW, reason: 'json-invalid', terminalKey: 2, topic: '', journalKey: null },
    ...{ seq: null, payload: '{' },
  };
  await store.ledger.commit(batchOf({ quarantine: new Array(20_600).fill(malformed) }));
  expect(await store.review.heldSummary()).toMatchObject([
    { terminalId: 't-1', reason: 'identity-conflict', count: 4 },
  ]);
  expect((await store.votes.setAside(100_000)).length).toBeLessThan(20_600);
  store.close();
});
