/** Promises A and C: however messages, decisions and a slow store fall together, what is held in memory is what is stored. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readHeldVote } from '../../gateway/review/held-vote.ts';
import type { Ledger } from '../../gateway/store/ledger.ts';
import { decide } from '../support/decide.ts';
import { createIngestSide, helloOf, NOW, votesOf } from '../support/ingest-side.ts';
import { createStoreHome, exported } from '../support/store.ts';
import { addSmallTown } from '../support/tree.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Each call takes some turns of the event loop, before it does something and after. */
function createLazyLedger(ledger: Ledger, turns: readonly number[]): Ledger {
  let call = 0;
  const rest = async () => {
    const count = turns[call++ % turns.length] as number;
    for (let at = 0; at < count; at++) await turn();
  };
  const lazy =
    <A extends unknown[], R>(act: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      await rest();
      const result = await act(...args);
      await rest();
      return result;
    };
  return {
    ...ledger,
    commit: lazy(ledger.commit),
    openJournal: lazy(ledger.openJournal),
    knownNumbers: lazy(ledger.knownNumbers),
    accountedRanges: lazy(ledger.accountedRanges),
  };
}

const seqs = fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 });
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('votes' as const), seqs, isBad: fc.boolean() }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('votes' as const), seqs, isBad: fc.constant(false) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('hello' as const), first: fc.integer({ min: 1, max: 10 }) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('turns' as const), count: fc.nat(5) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'release' as const,
        'dismiss' as const,
        'write off' as const,
        'read again' as const,
      ),
    }),
  },
);

it('what is held in memory of a journal is what is stored, whatever falls together', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 2, maxLength: 25 }),
      fc.array(fc.nat(3), { minLength: 1, maxLength: 9 }),
      fc.integer({ min: 1, max: 8 }),
      async (steps, turns, perDay) => {
        const home = createStoreHome();
        const store = home.open();
        await addSmallTown(store);
        const ledger = createLazyLedger(store.ledger, turns);
        const side = await createIngestSide(store, { ledger, perDay });
        const sent = new Set<number>();
        const pauses: Promise<void>[] = [];
        let messages = 0;
        const pausedFor = (act: () => Promise<unknown>) =>
          pauses.push(
            side.ingest.pause(async () => {
              await act();
              await side.journals.reload();
            }),
          );
        for (const it of steps) {
          if (it.do === 'votes') {
            messages += 1;
            const sorted = it.seqs.toSorted((a, b) => a - b);
            if (!it.isBad) for (const seq of sorted) sent.add(seq);
            side.send('votes', votesOf(sorted, it.isBad ? { rating: 'none' } : {}));
          } else if (it.do === 'hello') {
            messages += 1;
            side.send('hello', helloOf(it.first, it.first - 1));
          } else if (it.do === 'turns') for (let at = 0; at < it.count; at++) await turn();
          else if (it.do === 'release')
            pausedFor(() => decide(store.review, (tx) => tx.release({}, NOW, readHeldVote)));
          else if (it.do === 'dismiss') pausedFor(() => decide(store.review, (tx) => tx.dismiss({}, NOW)));
          else if (it.do === 'write off')
            pausedFor(async () => {
              if ((await store.journals.journals()).length > 0)
                await decide(store.review, (tx) => tx.writeOff('t-1', 'ab'.repeat(16), NOW));
            });
          else pausedFor(async () => {});
        }
        await Promise.all(pauses);
        await side.ingest.settled();
        await side.journals.save();

        expect(side.done).toHaveLength(messages);
        expect(side.failures).toEqual([]);
        const again = await createIngestSide(store);
        // A journal of which nothing was said but that it is there is not written down.
        if ((await store.journals.journals()).length > 0)
          expect(side.journals.evidenceOf(1)).toEqual(again.journals.evidenceOf(1));
        const stored = (await exported(store)).map(({ seq }) => seq);
        expect(stored.filter((seq) => !sent.has(seq))).toEqual([]);
        expect(new Set(stored).size).toBe(stored.length);
        store.close();
        home.dispose();
      },
    ),
    { numRuns: 120 },
  );
});
