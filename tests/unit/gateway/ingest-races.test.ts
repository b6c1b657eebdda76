/** What may come between a message and its commit: the same number, a decision, a reading again. In memory is then what is stored. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAX_EPOCHS_PER_TERMINAL, openJournals } from '../../../gateway/ingest/journals.ts';
import { readHeldVote } from '../../../gateway/review/held-vote.ts';
import type { Ledger } from '../../../gateway/store/ledger.ts';
import type { SqliteStore } from '../../../gateway/store/sqlite/sqlite-store.ts';
import { decide } from '../../support/decide.ts';
import { createIngestSide, helloOf, NOW, terminalOf, votesOf } from '../../support/ingest-side.ts';
import { createStoreHome, exported, type StoreHome } from '../../support/store.ts';
import { addSmallTown } from '../../support/tree.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A ledger of which one kind of call waits, or fails, when it is told to. */
function createSlowLedger(ledger: Ledger) {
  const held = new Map<keyof Ledger, Promise<void>>();
  const slow = <A extends unknown[], R>(name: keyof Ledger, call: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      await held.get(name);
      return call(...args);
    };
  };
  return {
    ledger: {
      ...ledger,
      commit: slow('commit', ledger.commit),
      openJournal: slow('openJournal', ledger.openJournal),
      knownNumbers: slow('knownNumbers', ledger.knownNumbers),
      accountedRanges: slow('accountedRanges', ledger.accountedRanges),
    },
    hold(name: keyof Ledger): { release(): void; fail(): void } {
      let settle = (_error?: Error) => {};
      const until = new Promise<void>((resolve, reject) => {
        settle = (error) => (error ? reject(error) : resolve());
      });
      until.catch(() => {});
      held.set(name, until);
      const end = (error?: Error) => {
        held.delete(name);
        settle(error);
      };
      return { release: () => end(), fail: () => end(new Error(`no ${name}`)) };
    },
  };
}

let home: StoreHome;
let store: SqliteStore;
let slow: ReturnType<typeof createSlowLedger>;
beforeEach(async () => {
  home = createStoreHome();
  store = home.open();
  await addSmallTown(store);
  slow = createSlowLedger(store.ledger);
});
afterEach(() => {
  store.close();
  home.dispose();
});

type Side = Awaited<ReturnType<typeof createIngestSide>>;
const createSide = (perDay?: number) =>
  createIngestSide(store, { ledger: slow.ledger, ...(perDay !== undefined && { perDay }) });
const evidence = ({ journals }: Side) => journals.evidenceOf(1).journals;
/** What is held in memory is what a gateway that starts now reads. */
const expectAsStored = async (side: Side) => {
  await side.ingest.settled();
  await side.journals.save();
  expect(evidence(side)).toEqual(evidence(await createIngestSide(store)));
};
const storedSeqs = async () =>
  (await exported(store)).map(({ terminalId, seq }) => `${terminalId} ${seq}`).sort();

describe('a journal that is new', () => {
  it('is one for all that ask for it at once, and is known from then on', async () => {
    const journals = await openJournals({ store: store.journals, ledger: slow.ledger, perDay: 1_000 });
    const epoch = 'ab'.repeat(16);
    const opening = slow.hold('openJournal');
    const both = [1, 2].map(() => journals.open(terminalOf(1), epoch, NOW));
    expect(journals.known(terminalOf(1), epoch)).toBeUndefined();
    opening.release();
    const [one, other] = await Promise.all(both);
    expect(one).toBe(other);
    expect(journals.known(terminalOf(1), epoch)).toBe(one);
    expect(await journals.open(terminalOf(1), epoch, NOW)).toBe(one);
  });

  it('is one too many also while the others are being opened; one that fails leaves its place', async () => {
    const journals = await openJournals({ store: store.journals, ledger: slow.ledger, perDay: 1_000 });
    const open = (number: number, key = 1) =>
      journals.open(terminalOf(key), number.toString(16).padStart(32, '0'), NOW);
    const failing = slow.hold('openJournal');
    const refused = [open(0), open(0)];
    const opening = slow.hold('openJournal');
    const others = Array.from({ length: MAX_EPOCHS_PER_TERMINAL - 1 }, (_, at) => open(at + 1));
    expect(await open(1_000)).toBeNull();
    const ofOther = open(1_000, 2);
    failing.fail();
    for (const one of refused) await expect(one).rejects.toThrow('no openJournal');
    opening.release();
    expect((await Promise.all(others)).every((journal) => journal !== null)).toBe(true);
    expect(await ofOther).not.toBeNull();
    expect(await open(1_001)).not.toBeNull();
    expect(await open(1_002)).toBeNull();
  });

  it('takes its messages in order when it is open; all that waited fail with it, and the next do not', async () => {
    const side = await createSide();
    let opening = slow.hold('openJournal');
    side.send('votes', votesOf([1]), { name: 'a' });
    side.send('hello', helloOf(1, 3), { name: 'b' });
    await turn();
    expect(side.done).toEqual([]);
    opening.fail();
    await turn();
    // The second asks anew.
    await side.ingest.settled();
    expect(side.done).toEqual(['a no openJournal', 'b']);
    opening = slow.hold('openJournal');
    side.send('votes', votesOf([1], {}, 'cd'), { name: 'c' });
    side.send('votes', votesOf([2, 3], {}, 'cd'), { name: 'd' });
    side.send('votes', votesOf([1]), { name: 'other terminal', terminal: 2 });
    opening.release();
    await side.ingest.settled();
    expect(side.done.slice(2).filter((name) => name !== 'other terminal')).toEqual(['c', 'd']);
    expect(await storedSeqs()).toEqual(['t-1 1', 't-1 2', 't-1 3', 't-2 1']);
    await expectAsStored(side);
  });
});

describe('a number that was given up for lost', () => {
  const loseTen = async (side: Side) => {
    side.send('hello', helloOf(11, 10));
    await side.ingest.settled();
    expect(evidence(side)).toMatchObject([{ state: 'lost', lost: 10 }]);
  };

  it('is stored once when it comes twice at once', async () => {
    const side = await createSide();
    await loseTen(side);
    for (const name of ['a', 'b', 'c']) side.send('votes', votesOf([4, 5]), { name });
    await side.ingest.settled();
    expect(side.done.slice(1)).toEqual(['a', 'b', 'c']);
    expect(evidence(side)).toMatchObject([{ lost: 8 }]);
    await expectAsStored(side);
  });

  it('is held once when it comes twice at once and is too many', async () => {
    const side = await createSide(1);
    await loseTen(side);
    for (const name of ['a', 'b', 'c']) side.send('votes', votesOf([4, 5, 6]), { name });
    await side.ingest.settled();
    expect(evidence(side)).toMatchObject([{ lost: 7, held: 2 }]);
    expect(side.quarantined).toHaveLength(2);
    await expectAsStored(side);
  });

  it('keeps later messages of its terminal behind it, and nobody else', async () => {
    const side = await createSide();
    await loseTen(side);
    const asking = slow.hold('knownNumbers');
    side.send('votes', votesOf([4]), { name: 'slow' });
    side.send('votes', votesOf([11]), { name: 'later' });
    side.send('votes', votesOf([1]), { name: 'other', terminal: 2 });
    for (let at = 0; at < 5; at++) await turn();
    expect(side.done.slice(1)).toEqual(['other']);
    asking.release();
    await side.ingest.settled();
    expect(side.done.slice(1)).toEqual(['other', 'slow', 'later']);
    await expectAsStored(side);
  });

  it('is refused when the store cannot be asked; the next message is taken', async () => {
    const side = await createSide();
    await loseTen(side);
    const asking = slow.hold('knownNumbers');
    side.send('votes', votesOf([4]), { name: 'a' });
    side.send('votes', votesOf([4]), { name: 'b' });
    await turn();
    asking.fail();
    await side.ingest.settled();
    expect(side.done.slice(1)).toEqual(['a no knownNumbers', 'b']);
    expect(side.failures).toHaveLength(1);
    await expectAsStored(side);
  });

  it.each([
    ['before', 3],
    ['after', 3],
    ['before', 1],
    ['after', 1],
  ])('is told from a vote that comes %s the giving up, in the same turn', async (order, perDay) => {
    const side = await createSide(perDay);
    const say = [
      () => side.send('votes', votesOf([4, 5, 6])),
      () => side.send('hello', helloOf(11, 10)),
      () => side.send('votes', votesOf([5, 6, 7])),
    ];
    if (order === 'after') say.reverse();
    for (const message of say) message();
    await expectAsStored(side);
    expect(evidence(side)).toMatchObject([{ lost: 6 }]);
  });
});

describe('a number that was set aside', () => {
  it.each([1, 2])('and comes well in the same turn waits for nobody', async (copies) => {
    const side = await createSide();
    side.send('votes', votesOf([1]));
    for (let copy = 0; copy < copies; copy++) {
      side.send('votes', votesOf([2], { rating: 'none' }));
      side.send('votes', votesOf([2]));
    }
    await expectAsStored(side);
    expect(evidence(side)).toMatchObject([{ state: 'complete', held: 0 }]);
    expect(await storedSeqs()).toEqual(['t-1 1', 't-1 2']);
  });

  it('waits for a person again when another body of it is held after they have dismissed the first', async () => {
    const side = await createSide(1);
    side.send('votes', votesOf([1]));
    side.send('votes', votesOf([2], { rating: 'none' }));
    await side.ingest.pause(async () => {
      await decide(store.review, (tx) => tx.dismiss({}, NOW));
      await side.journals.reload();
    });
    expect(evidence(side)).toMatchObject([{ held: 0 }]);
    for (let copy = 0; copy < 2; copy++) side.send('votes', votesOf([2]));
    await expectAsStored(side);
    expect(evidence(side)).toMatchObject([{ held: 1 }]);
  });

  it('is decided about only when the message that speaks of it is settled', async () => {
    const side = await createSide(1);
    side.send('votes', votesOf([1, 2]));
    await side.ingest.settled();
    expect(evidence(side)).toMatchObject([{ held: 1 }]);
    const asking = slow.hold('knownNumbers');
    side.send('votes', votesOf([2, 3]), { name: 'asks' });
    await turn();
    const seen: string[] = [];
    const deciding = side.ingest.pause(async () => {
      seen.push(...side.done);
      const released = await decide(store.review, (tx) => tx.release({}, NOW, readHeldVote));
      expect(released).toMatchObject({ released: 2 });
      const reading = slow.hold('accountedRanges');
      const reloading = side.journals.reload();
      // While it is read again, the same number comes once more.
      side.send('votes', votesOf([2, 3, 4]), { name: 'meanwhile' });
      await turn();
      expect(side.done).not.toContain('meanwhile');
      reading.release();
      await reloading;
    });
    await turn();
    asking.release();
    await deciding;
    expect(seen).toContain('asks');
    await side.ingest.settled();
    expect(side.done.at(-1)).toBe('meanwhile');
    expect(await storedSeqs()).toEqual(['t-1 1', 't-1 2', 't-1 3']);
    expect(evidence(side)).toMatchObject([{ held: 1 }]);
    await expectAsStored(side);
  });
});

describe('reading everything again', () => {
  it('leaves what was held when it fails', async () => {
    const side = await createSide();
    side.send('votes', votesOf([1, 3]));
    await side.ingest.settled();
    const before = evidence(side);
    const reading = slow.hold('accountedRanges');
    const failing = side.ingest.pause(side.journals.reload);
    await turn();
    reading.fail();
    await expect(failing).rejects.toThrow('no accountedRanges');
    expect(evidence(side)).toEqual(before);
    side.send('votes', votesOf([2]));
    await expectAsStored(side);
    expect(evidence(side)).toMatchObject([{ state: 'complete' }]);
  });

  it('keeps a journal of which nothing is stored yet, and what was said of it', async () => {
    const side = await createSide();
    side.send('hello', helloOf(1, 5));
    await side.ingest.pause(side.journals.reload);
    expect(evidence(side)).toMatchObject([{ state: 'pending', pending: 5 }]);
    side.send('votes', votesOf([1]));
    await expectAsStored(side);
  });
});

it('what is stopped before it is stored is not done, and is no failure', async () => {
  const side = await createSide();
  side.send('hello', helloOf(3, 2), { name: 'before' });
  await side.ingest.settled();
  const asking = slow.hold('knownNumbers');
  side.send('votes', votesOf([1]), { name: 'asks' });
  side.send('votes', votesOf([5]), { name: 'behind' });
  side.send('votes', votesOf([1]), { name: 'waits for its journal', terminal: 2 });
  side.ingest.stop();
  asking.fail();
  await side.ingest.settled();
  await turn();
  expect([side.done, side.failures]).toEqual([['before'], []]);
});
