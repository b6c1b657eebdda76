/** Whatever comes again, in whatever order, through whichever gateway: stored once, counted once, and nobody waits for ever. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VoteRecord } from '../../gateway/store/ledger.ts';
import {
  batchOf,
  createPostgresHome,
  createSqliteHome,
  type LedgerHome,
  type OpenLedger,
  outcomesOf,
} from '../support/ledger-home.ts';
import { compareRollups } from '../support/ledger-recount.ts';
import { type Cluster, POSTGRES, startCluster } from '../support/postgres.ts';
import { have } from '../support/prerequisites.ts';
import { voteRecord } from '../support/store.ts';

const WRITERS = 4;
const JOURNALS = 6;
const BASE = 1_795_000_000_000;

const hasPostgres = have(POSTGRES);
let cluster: Cluster | null = null;
beforeAll(async () => {
  if (hasPostgres) cluster = await startCluster();
}, 60_000);
afterAll(() => cluster?.dispose());

/** One gateway has the file; of the server each writer has connections of its own. */
const KINDS = [
  ['SQLite', createSqliteHome, 1],
  ...(hasPostgres ? [['PostgreSQL', () => createPostgresHome(cluster as Cluster), WRITERS] as const] : []),
] as const;

type Press = { journal: number; at: number; rating: number; windowKey: number; isRedated: boolean };
const presses = fc.array(
  fc.record({
    journal: fc.nat({ max: JOURNALS - 1 }),
    at: fc.integer({ min: BASE, max: BASE + 4 * 900_000 }),
    rating: fc.nat({ max: 2 }),
    windowKey: fc.integer({ min: 1, max: 3 }),
    isRedated: fc.boolean(),
  }),
  { minLength: 1, maxLength: 150 },
);
/** What one writer sends: all of them, in its own order, in batches of its own sizes. */
const sending = fc.record({
  order: fc.infiniteStream(fc.nat()),
  sizes: fc.infiniteStream(fc.integer({ min: 1, max: 70 })),
});

describe.each(KINDS)('replays into the ledger in %s', (_name, createHome, gateways) => {
  let home: LedgerHome;
  let ledgers: OpenLedger[];
  beforeAll(async () => {
    home = await createHome();
    ledgers = await Promise.all(Array.from({ length: gateways }, () => home.open()));
  });
  afterAll(async () => {
    await Promise.all(ledgers.map((ledger) => ledger.close()));
    await home.dispose();
  });

  let run = 0;
  const open = (writer: number, journal: number) =>
    (ledgers[writer % ledgers.length] as OpenLedger).openJournal(journal + 1, String(run).padStart(32, '0'));

  it('stores each once, of four that send all of it at once', async () => {
    const property = fc.asyncProperty(
      presses,
      fc.array(sending, { minLength: WRITERS, maxLength: WRITERS }),
      async (pressed, plans) => {
        run += 1;
        const opened = await Promise.all(
          plans.map((_, writer) =>
            Promise.all(Array.from({ length: JOURNALS }, (_, journal) => open(writer, journal))),
          ),
        );
        for (const journals of opened) expect(journals).toEqual(opened[0]);
        const keys = (opened[0] ?? []).map(({ key }) => key);
        const votes = numbered(pressed, keys);
        const outcomes = await Promise.all(
          plans.map(async ({ order, sizes }, writer) => {
            const ledger = ledgers[writer % ledgers.length] as OpenLedger;
            const said: string[] = [];
            for (const batch of inBatches(shuffled(votes, order), sizes))
              said.push(...(await outcomesOf(ledger.commit(batchOf({ votes: batch })))));
            return said;
          }),
        );
        const all = outcomes.flat();
        expect(all.filter((outcome) => outcome === 'stored')).toHaveLength(votes.length);
        expect(all.filter((outcome) => outcome === 'duplicate')).toHaveLength(votes.length * (WRITERS - 1));
        const { kept, counted } = await compareRollups(home);
        expect(kept).toEqual(counted);
        for (const key of keys) {
          const mine = votes.filter(({ journalKey }) => journalKey === key);
          const ledger = ledgers[0] as OpenLedger;
          expect(await ledger.accountedRanges(key)).toEqual(mine.length === 0 ? [] : [[1, mine.length]]);
          const counts = await ledger.countStored(key);
          expect([counts.satisfied, counts.basically, counts.unsatisfied]).toEqual(
            [0, 1, 2].map((rating) => mine.filter((vote) => vote.rating === rating).length),
          );
        }
      },
    );
    await fc.assert(property, { numRuns: 15 });
  });
});

function numbered(pressed: readonly Press[], keys: readonly number[]): VoteRecord[] {
  const next = new Map<number, number>();
  return pressed.map(({ journal, at, rating, windowKey, isRedated }) => {
    const journalKey = keys[journal] as number;
    const seq = (next.get(journalKey) ?? 0) + 1;
    next.set(journalKey, seq);
    const vote = voteRecord({
      journalKey,
      seq,
      at,
      rating: rating as 0,
      windowKey,
      boot: `boot-${journalKey}-${seq % 3}`,
    });
    return isRedated ? { ...vote, claimedAt: 1 } : vote;
  });
}

function shuffled<T>(of: readonly T[], order: fc.Stream<number>): T[] {
  const ranks = [...order.take(of.length)];
  return of
    .map((one, index) => ({ one, rank: ranks[index] as number }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ one }) => one);
}

function inBatches<T>(of: readonly T[], sizes: fc.Stream<number>): T[][] {
  const batches: T[][] = [];
  const size = sizes[Symbol.iterator]();
  for (let from = 0; from < of.length; ) {
    const count = size.next().value as number;
    batches.push(of.slice(from, from + count));
    from += count;
  }
  return batches;
}
