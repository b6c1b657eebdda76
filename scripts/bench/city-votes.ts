/** Votes as a city's windows have them over some weeks, put straight into the store: citizens at all hours of the day, some of whom press twice. */
import type { RatingCode } from '../../gateway/domain/tally.ts';
import type { VoteRecord } from '../../gateway/store/ledger.ts';
import type { Store } from '../../gateway/store/store.ts';

const DAY_MS = 24 * 3_600_000;
/** From half past eight, Heze time, for nine hours. */
const OPENS_MS = 30 * 60_000;
const OPEN_MS = 9 * 3_600_000;
/** One in so many presses again, within some seconds; one in so many of these goes on for a while. */
const AGAIN = 16;
const MASHES = 24;
const PER_COMMIT = 50_000;
const NOTHING = { quarantine: [], lost: [], corrections: [], unjudged: [] };

export type CityVotes = { votes: number; days: number; say(text: string): void };

/** The last of the days is the one before yesterday. @returns how many there are. */
export async function fillCity(
  store: Pick<Store, 'ledger' | 'org'>,
  { votes, days, say }: CityVotes,
): Promise<number> {
  const terminals = await store.org.terminals();
  const journals: { windowKey: number; journalKey: number; seq: number }[] = [];
  for (const [at, { key }] of (await store.org.windows()).entries()) {
    const epoch = key.toString(16).padStart(32, '0');
    const { key: journalKey } = await store.ledger.openJournal(terminals[at]?.key ?? 0, epoch);
    journals.push({ windowKey: key, journalKey, seq: 0 });
  }
  const first = Math.floor(Date.now() / DAY_MS - days - 1) * DAY_MS + OPENS_MS;
  const meanGapMs = (OPEN_MS * days * journals.length) / votes;
  const random = seeded(20_261_001);
  let batch: VoteRecord[] = [];
  let stored = 0;
  const commit = async () => {
    await store.ledger.commit({ votes: batch, ...NOTHING, keepsConflict: () => true });
    stored += batch.length;
    batch = [];
  };
  for (let day = 0; day < days; day++) {
    const opens = first + day * DAY_MS;
    for (const journal of journals) {
      const boot = `boot-${journal.journalKey}-${day}`;
      for (const at of pressesOfDay(opens, meanGapMs, random)) {
        journal.seq += 1;
        const { windowKey, journalKey, seq } = journal;
        const rating = (random() < 0.9 ? 0 : random() < 0.6 ? 1 : 2) as RatingCode;
        const press = { channel: 0, rating, at, clock: 0, boot, mono: at - opens, receivedAt: at } as const;
        batch.push({ journalKey, windowKey, seq, ...press });
      }
      if (batch.length >= PER_COMMIT) await commit();
    }
    if ((day + 1) % 20 === 0)
      say(`  ${day + 1} of ${days} days stored, ${(stored / 1e6).toFixed(1)} million votes`);
  }
  await commit();
  return stored;
}

function pressesOfDay(opens: number, meanGapMs: number, random: () => number): number[] {
  const presses: number[] = [];
  // Whoever presses again is not to make the day longer.
  const gap = () => -Math.log(1 - random()) * meanGapMs * (1 + 1.25 / AGAIN);
  for (let at = opens + gap(); at < opens + OPEN_MS; at += gap()) {
    presses.push(Math.floor(at));
    if (random() * AGAIN >= 1) continue;
    const more = random() * MASHES < 1 ? 7 : 1;
    for (let press = 0; press < more; press++) {
      at += 800 + random() * 3_000;
      presses.push(Math.floor(at));
    }
  }
  return presses;
}

/** Mulberry32, public domain: the same votes each time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
