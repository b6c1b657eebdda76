/**
 * Votes into their table. Nearly every one is new and has the highest number of its journal; such ones go in sixteen a statement, which
 * takes two thirds of the time that as many calls do. A statement says how many it has inserted and not which: where that are fewer,
 * somebody else has written votes of that journal, and whoever asked begins again, one by one.
 */
import type { VoteRecord } from '../ledger.ts';
import type { Connection } from './database.ts';

const AT_ONCE = 16;
const COLUMNS = 11;

/** A vote that could only be new is stored already. The transaction is to be taken back and done one by one. */
export class StoredAlready extends Error {}

export type VoteInserts = {
  /** Can it only be new, by what is known of its journal? Then it is to be added: the journal has it from now on. */
  isAhead(vote: VoteRecord): boolean;
  add(vote: VoteRecord): void;
  /** Writes what has been added. @throws StoredAlready */
  flush(): void;
  /** @returns whether it was new */
  insert(vote: VoteRecord): boolean;
  /** What was added is not to be counted on, or the journals' numbers are not. */
  forget(): void;
};

/** @param bootKey is asked for what will be stored, or may be there already */
export function createVoteInserts(db: Connection, bootKey: (vote: VoteRecord) => number): VoteInserts {
  const row = `(${Array(COLUMNS).fill('?').join(', ')})`;
  const insertOne = db.prepare(`INSERT OR IGNORE INTO votes VALUES ${row}`);
  const insertMany = db.prepare(`INSERT OR IGNORE INTO votes VALUES ${Array(AT_ONCE).fill(row).join(', ')}`);
  const selectHighest = db.prepare('SELECT coalesce(max(seq), 0) FROM votes WHERE source_key = ?').pluck();
  /** The highest number of each journal that votes of have come. */
  let highest = new Map<number, number>();
  let added: VoteRecord[] = [];
  const values: unknown[] = Array(AT_ONCE * COLUMNS).fill(null);

  const put = (into: unknown[], place: number, vote: VoteRecord) => {
    let at = place * COLUMNS;
    into[at++] = vote.journalKey;
    into[at++] = vote.seq;
    into[at++] = vote.windowKey;
    into[at++] = vote.rating;
    into[at++] = vote.at;
    into[at++] = vote.clock;
    into[at++] = bootKey(vote);
    into[at++] = vote.mono;
    into[at++] = vote.receivedAt;
    into[at++] = vote.channel;
    into[at] = vote.verdict ?? 0;
  };

  const insert = (vote: VoteRecord) => {
    const one: unknown[] = [];
    put(one, 0, vote);
    return insertOne.run(...one).changes === 1;
  };

  const flush = () => {
    const votes = added;
    added = [];
    if (votes.length < AT_ONCE) {
      for (const vote of votes) if (!insert(vote)) throw new StoredAlready();
      return;
    }
    for (let place = 0; place < AT_ONCE; place++) put(values, place, votes[place] as VoteRecord);
    if (insertMany.run(...values).changes < AT_ONCE) throw new StoredAlready();
  };

  return {
    isAhead({ journalKey, seq }) {
      const known = highest.get(journalKey);
      const last = known ?? (selectHighest.get(journalKey) as number);
      if (seq > last || known === undefined) highest.set(journalKey, Math.max(seq, last));
      return seq > last;
    },
    add(vote) {
      added.push(vote);
      if (added.length === AT_ONCE) flush();
    },
    flush,
    insert,
    forget() {
      highest = new Map();
      added = [];
    },
  };
}
