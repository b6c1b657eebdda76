/**
 * Promises A, B and C: whatever is dropped, doubled, reordered or restarted between a terminal's journal and the
 * gateway's store, each thanked press is stored exactly once, and every score equals a recount.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCalendar } from '../../gateway/domain/calendar.ts';
import { combine, reconcile } from '../../gateway/domain/completeness.ts';
import { createExclusions } from '../../gateway/domain/exclusions.ts';
import { spanOf } from '../../gateway/domain/period.ts';
import { ScoreBook } from '../../gateway/domain/score-book.ts';
import type { RatingCode } from '../../gateway/domain/tally.ts';
import { type Ingest, type KnownTerminal, openIngest } from '../../gateway/ingest/ingest.ts';
import { type Journals, openJournals } from '../../gateway/ingest/journals.ts';
import { readTreeThen } from '../../gateway/scores/kept-tree-then.ts';
import { readScoreBooks } from '../../gateway/scores/score-history.ts';
import type { SqliteStore } from '../../gateway/store/sqlite/sqlite-store.ts';
import type { Ack } from '../../protocol/ack.ts';
import { PERIODS } from '../../protocol/score.ts';
import { RATINGS, type Vote } from '../../protocol/vote.ts';
import { liveVerdicts } from '../support/live-verdicts.ts';
import { createStoreHome, exported } from '../support/store.ts';
import { addSmallTown } from '../support/tree.ts';

/** The gateway's clock and the terminals': a press moves it on, for a number is not pressed before the gateway knew the last one. */
const clock = { now: 0 };
const BEGIN = Date.parse('2026-11-22T03:00:00Z');
const calendar = createCalendar('Asia/Shanghai');
const TERMINALS: KnownTerminal[] = [1, 2].map((key) => ({
  key,
  id: `t-${key}`,
  windowId: `w${key}`,
  windowKey: key,
  votesTopic: `manyi/v1/t-${key}/votes`,
}));
const EPOCHS = ['ab', 'cd'].map((pair) => pair.repeat(16));

const booksOf = ({ scores, org }: SqliteStore) =>
  readScoreBooks({ scores, calendar, treeThen: readTreeThen(org) }, clock.now);

/** The gateway's ingest path on a real database; restarting loses everything that was not committed. */
async function createGatewaySide(store: SqliteStore) {
  const acks: Ack[][] = TERMINALS.map(() => []);
  const ledger = store.ledger;
  const journals: Journals = await openJournals({ store: store.journals, ledger, perDay: 1e9 });
  const book = (await booksOf(store)).counted;
  const ingest: Ingest = await openIngest({
    stored: store.votes,
    ledger,
    journals,
    now: () => clock.now,
    monotonic: () => performance.now(),
    exclusions: () => createExclusions([]),
    verdicts: liveVerdicts(),
    hasNeighbours: false,
    publish: (topic, payload) => {
      const of = TERMINALS.findIndex(({ id }) => topic === `manyi/v1/${id}/ack`);
      acks[of]?.push(JSON.parse(payload));
    },
    limits: {
      messagesPerS: 1e6,
      burst: 1e6,
      perMinute: 1e9,
      perHour: 1e9,
      perDay: 1e9,
    },
    events: {
      stored: ({ windowKey, rating, at }) => book.add(windowKey, rating, at),
      storedBefore: () => {},
      corrected: () => {},
      evidence: () => {},
      clockHeard: () => {},
      duplicates: () => {},
      quarantined: (reason) => {
        throw new Error(`an honest terminal was quarantined: ${reason}`);
      },
      batch: () => {},
      failed: (error) => {
        throw error;
      },
    },
  });
  return { acks, book, journals, ingest };
}

const minutesLater = fc.oneof(fc.integer({ min: 0, max: 90 }), fc.integer({ min: 0, max: 4 * 24 * 60 }));
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('press' as const),
      terminal: fc.nat(1),
      rating: fc.nat(2),
      minutesLater,
    }),
  },
  // Sends some stretch of the journal, as an agent that has forgotten what it sent would.
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      terminal: fc.nat(1),
      from: fc.nat(12),
      count: fc.integer({ min: 1, max: 6 }),
      copies: fc.integer({ min: 0, max: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('commit' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('new card' as const), terminal: fc.nat(1) }) },
);

describe('between journal and store', () => {
  it('stores each press once and scores by recount, whatever happens on the way', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        clock.now = BEGIN;
        const home = createStoreHome();
        let store = home.open();
        await addSmallTown(store);
        let side = await createGatewaySide(store);
        const journals = TERMINALS.map(() => [{ epoch: EPOCHS[0] as string, votes: [] as Vote[] }]);
        const totalsOf = (votes: Vote[]) => ({
          satisfied: votes.filter(({ rating }) => rating === 'satisfied').length,
          basically: votes.filter(({ rating }) => rating === 'basically').length,
          unsatisfied: votes.filter(({ rating }) => rating === 'unsatisfied').length,
        });
        const send = (of: number, epoch: string, all: Vote[], votes: Vote[]) => {
          if (votes.length === 0) return;
          const payload = Buffer.from(JSON.stringify({ epoch, votes, totals: totalsOf(all) }));
          side.ingest.votes(TERMINALS[of] as KnownTerminal, payload, () => {});
        };
        const restart = async () => {
          side.ingest.stop();
          store.close();
          store = home.open();
          side = await createGatewaySide(store);
        };

        for (const it of steps) {
          if (it.do === 'press') {
            const votes = journals[it.terminal]?.at(-1)?.votes as Vote[];
            const seq = votes.length + 1;
            const rating = RATINGS[it.rating] as Vote['rating'];
            clock.now += it.minutesLater * 60_000;
            votes.push({ seq, rating, at: clock.now, clock: 'ntp', boot: 'b', mono: seq });
          } else if (it.do === 'send') {
            for (const { epoch, votes } of journals[it.terminal] ?? [])
              for (let copy = 0; copy < it.copies; copy++)
                send(it.terminal, epoch, votes, votes.slice(it.from, it.from + it.count));
          } else if (it.do === 'commit') await side.ingest.settled();
          else if (it.do === 'crash') await restart();
          else if (journals[it.terminal]?.length === 1)
            journals[it.terminal]?.push({ epoch: EPOCHS[1] as string, votes: [] });
        }

        // The fault heals: each agent says hello and sends what the gateway's ack asks for, until nothing is asked.
        await restart();
        for (const [of, epochs] of journals.entries()) {
          for (const { epoch, votes } of epochs) {
            const hello = {
              epoch,
              boot: 'b',
              version: '1',
              inputs: [],
              journal: { first: 1, last: votes.length },
              clock: 'ntp',
            };
            side.ingest.hello(TERMINALS[of] as KnownTerminal, Buffer.from(JSON.stringify(hello)), () => {});
            await side.ingest.settled();
            const ack = side.acks[of]?.at(-1) as Ack;
            for (const [from, to] of ack.missing) send(of, epoch, votes, votes.slice(from - 1, to));
            const beyond = Math.max(ack.upTo, ...ack.missing.map(([, to]) => to));
            send(
              of,
              epoch,
              votes,
              votes.filter(({ seq }) => seq > beyond),
            );
          }
        }
        await side.ingest.settled();

        const stored = await exported(store);
        const pressed = journals.flatMap((epochs, of) =>
          epochs.flatMap(({ epoch, votes }) =>
            votes.map((vote) => `${TERMINALS[of]?.id} ${epoch} ${vote.seq} ${vote.rating} ${vote.at}`),
          ),
        );
        expect(
          stored
            // A card that pressed before the gateway last heard the one before it is placed anew; its word is kept.
            .map(
              (vote) =>
                `${vote.terminalId} ${vote.epoch} ${vote.seq} ${RATINGS[vote.rating]} ${vote.claimedAt ?? vote.at}`,
            )
            .sort(),
        ).toEqual(pressed.sort());

        const reloaded = (await booksOf(store)).counted;
        for (const period of PERIODS) {
          const { from, to } = spanOf(period, clock.now, calendar);
          for (const { windowKey, windowId } of TERMINALS) {
            const recount = [0, 1, 2].map(
              (rating) =>
                stored.filter(
                  (vote) =>
                    vote.windowId === windowId && vote.rating === rating && vote.at >= from && vote.at < to,
                ).length,
            );
            for (const book of [side.book, reloaded])
              expect(Object.values(book.counts(windowKey, period, clock.now))).toEqual(recount);
          }
        }
        for (const { key } of TERMINALS)
          if ((journals[key - 1] ?? []).some(({ votes }) => votes.length > 0))
            expect(combine(side.journals.evidenceOf(key).journals)).toMatchObject({
              state: 'complete',
              pending: 0,
              lost: 0,
            });
        side.ingest.stop();
        store.close();
        home.dispose();
      }),
      { numRuns: 60 },
    );
  });
});

describe('scores', () => {
  it('kept vote by vote equal a recount, in every zone, at every moment', () => {
    const zone = fc.constantFrom(
      'Asia/Shanghai',
      'Asia/Kathmandu',
      'Europe/Berlin',
      'America/St_Johns',
      'UTC',
    );
    const ago = fc.oneof(
      fc.integer({ min: -9 * 60_000, max: 65 * 60_000 }),
      fc.integer({ min: 0, max: 45 * 24 * 3_600_000 }),
    );
    const vote = fc.record({ window: fc.constantFrom(1, 2), rating: fc.nat(2), ago });
    const start = fc.integer({
      min: Date.parse('2026-01-01T00:00:00Z'),
      max: Date.parse('2027-06-01T00:00:00Z'),
    });
    const later = fc.integer({ min: 0, max: 40 * 24 * 3_600_000 });
    fc.assert(
      fc.property(
        zone,
        start,
        fc.array(fc.record({ votes: fc.array(vote, { maxLength: 8 }), later }), { maxLength: 8 }),
        (timeZone, begin, rounds) => {
          const days = createCalendar(timeZone);
          const book = new ScoreBook(days);
          const all: { window: number; rating: number; at: number }[] = [];
          let now = begin;
          for (const { votes, later: step } of rounds) {
            for (const { window: key, rating, ago: back } of votes) {
              const at = now - back;
              all.push({ window: key, rating, at });
              book.add(key, rating as RatingCode, at);
            }
            for (const period of PERIODS) {
              const { from, to } = spanOf(period, now, days);
              for (const key of [1, 2]) {
                const recount = [0, 1, 2].map(
                  (code) =>
                    all.filter(
                      (one) => one.window === key && one.rating === code && one.at >= from && one.at < to,
                    ).length,
                );
                expect(Object.values(book.counts(key, period, now))).toEqual(recount);
              }
            }
            now += step;
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('reconcile to complete exactly when everything that was taken is here', () => {
    const count = fc.nat(50);
    fc.assert(
      fc.property(count, count, count, fc.nat(20), (a, b, c, behind) => {
        const totals = { satisfied: a, basically: b, unsatisfied: c + behind };
        const stored = { satisfied: a, basically: b, unsatisfied: c };
        const received = a + b + c;
        const state = reconcile({
          received,
          stored,
          quarantined: 0,
          held: 0,
          lost: 0,
          writtenOff: 0,
          implausible: false,
          totals,
          announced: received + behind,
        });
        expect(state).toMatchObject(
          behind === 0
            ? { state: 'complete', pending: 0, lost: 0 }
            : { state: 'pending', pending: behind, lost: 0 },
        );
      }),
    );
  });
});
