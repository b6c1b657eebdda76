/** Votes of systems, in SQLite: their keys go in with the commit of the votes. */
import type { CommittedOrigin, Origin, OriginLedger, OriginVote } from '../origins.ts';
import {
  imputedOf,
  type KnownOriginVote,
  recordsOf,
  type SortedVotes,
  sortOut,
} from '../sql/origin-votes.ts';
import type { Connection } from './database.ts';
import type { Exclusive } from './exclusive.ts';
import type { LedgerTables, OriginTables } from './tables.ts';

export function createOriginTables(db: Connection, commit: LedgerTables['commit']): OriginTables {
  const select = db.prepare('SELECT key FROM origins WHERE unit_id = ? AND name = ?').pluck();
  const insert = db.prepare(
    'INSERT INTO origins (key, unit_id, name, last_seq) SELECT coalesce(min(key), 0) - 1, ?, ?, 0 FROM origins',
  );
  const selectLast = db.prepare('SELECT last_seq FROM origins WHERE key = ?').pluck();
  const updateLast = db.prepare('UPDATE origins SET last_seq = ? WHERE key = ?');
  const insertKey = db.prepare(
    'INSERT INTO origin_votes (source_key, key, seq, imputed) VALUES (?, ?, ?, ?)',
  );
  const selectKnown = db.prepare(`
    SELECT o.key, v.window_key AS windowKey, v.channel, v.rating, v.at, o.imputed FROM origin_votes o
    JOIN votes v ON v.source_key = o.source_key AND v.seq = o.seq
    WHERE o.source_key = ? AND o.key IN (SELECT value FROM json_each(?))`);
  return {
    openOrigin: ({ name, unitId }) =>
      db
        .transaction((unit: string) => {
          if (select.get(unit, name) === undefined) insert.run(unit, name);
          return select.get(unit, name) as number;
        })
        .immediate(unitId ?? ''),
    commitOrigin(originKey, votes, judgedBy) {
      let sorted: SortedVotes = { outcomes: [], fresh: [] };
      let stored: CommittedOrigin['stored'] = [];
      // Once more from the beginning, where the commit is.
      const more = () => {
        const keys = JSON.stringify(votes.map(({ key }) => key));
        sorted = sortOut(votes, selectKnown.all(originKey, keys) as KnownOriginVote[]);
        const lastSeq = selectLast.get(originKey) as number;
        stored = recordsOf(originKey, sorted.fresh, lastSeq);
        sorted.fresh.forEach((vote, index) => {
          insertKey.run(originKey, vote.key, lastSeq + 1 + index, imputedOf(vote));
        });
        if (stored.length > 0) updateLast.run(lastSeq + stored.length, originKey);
        return stored;
      };
      commit([], [], { more, judgedBy });
      return { outcomes: sorted.outcomes, stored };
    },
  };
}

export const createOriginLedger = (tables: OriginTables, exclusive: Exclusive): OriginLedger => ({
  openOrigin: (origin: Origin) => exclusive(() => tables.openOrigin(origin)),
  commitOrigin: (originKey: number, votes: readonly OriginVote[], judgedBy?: number) =>
    exclusive(() => tables.commitOrigin(originKey, votes, judgedBy)),
});
