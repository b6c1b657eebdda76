import type { Range } from '../../domain/seq-ranges.ts';
import type { Announcement, JournalIdentity } from '../journals.ts';
import {
  announcedSince,
  type JournalRow,
  journalOf,
  STORED_BY_ROLLUPS,
  selectJournals,
} from '../sql/ledger-terms.ts';
import type { Connection } from './database.ts';
import type { LedgerTables } from './tables.ts';

type KeptJournals = Pick<
  LedgerTables,
  'journals' | 'journal' | 'saveAnnouncements' | 'openJournal' | 'accountedRanges'
>;

/** Keys of journals that the command line has begun, so that a gateway that runs beside it never gives the same one. */
export const IMPORTED_FROM = 2 ** 40;
/** Every table that names a journal. */
const OF_JOURNAL = [
  ...['votes', 'rollups', 'quarantine', 'lost', 'datings', 'excluded', 'discounted', 'apart'],
  ...['review_votes', 'decided_votes'],
];

/** Makes a transaction that also writes the journals opened since the last one. */
export type WithJournals = <A extends unknown[], R>(act: (...args: A) => R) => (...args: A) => R;

export function createKeptJournals(db: Connection): KeptJournals & { withJournals: WithJournals } {
  const selectAll = db.prepare(selectJournals(STORED_BY_ROLLUPS, 'true'));
  const select = db.prepare(selectJournals(STORED_BY_ROLLUPS, 's.key = ?'));
  const selectOne = db.prepare(
    'SELECT key, terminal_key AS terminalKey, epoch FROM sources WHERE terminal_key = ? AND epoch = ?',
  );
  const insert = db.prepare('INSERT INTO sources (key, terminal_key, epoch) VALUES (?, ?, ?)');
  let nextKey =
    (db
      .prepare(`SELECT coalesce(max(key), 0) FROM sources WHERE key < ${IMPORTED_FROM}`)
      .pluck()
      .get() as number) + 1;
  // A new journal is written with the first thing that speaks of it: thousands of new terminals cost no commit each.
  let unwritten = new Map<string, JournalIdentity>();
  /** The command line has begun the same journal meanwhile: it gets the key that votes on their way carry already. */
  const takeOver = (key: number, terminalKey: number, epoch: string): boolean => {
    const other = selectOne.get(terminalKey, epoch) as JournalIdentity | undefined;
    if (other === undefined) return false;
    db.prepare('UPDATE sources SET key = ? WHERE key = ?').run(key, other.key);
    for (const table of OF_JOURNAL)
      db.prepare(`UPDATE ${table} SET source_key = ? WHERE source_key = ?`).run(key, other.key);
    return true;
  };
  const withJournals: WithJournals = (act) => {
    const transaction = db.transaction((...args: Parameters<typeof act>) => {
      for (const { key, terminalKey, epoch } of unwritten.values())
        if (!takeOver(key, terminalKey, epoch)) insert.run(key, terminalKey, epoch);
      return act(...args);
    });
    return (...args) => {
      const result = transaction.immediate(...args) as ReturnType<typeof act>;
      if (unwritten.size > 0) unwritten = new Map();
      return result;
    };
  };
  // Islands of consecutive numbers: seq minus its rank is constant within one.
  const selectIslands = db
    .prepare(`
    SELECT min(seq), max(seq) FROM (
      SELECT seq, seq - row_number() OVER (ORDER BY seq) AS island FROM (
        SELECT seq FROM votes WHERE source_key = @source
        UNION SELECT seq FROM quarantine WHERE source_key = @source AND claims = 1))
    GROUP BY island
    UNION ALL SELECT from_seq, to_seq FROM lost WHERE source_key = @source
    ORDER BY 1`)
    .raw();
  const update = db.prepare(
    `UPDATE sources AS s SET ${announcedSince((column) => `@${column}`)} WHERE s.key = @key`,
  );

  return {
    withJournals,
    journals: () => (selectAll.all() as JournalRow[]).map(journalOf),
    journal(key) {
      const row = select.get(key) as JournalRow | undefined;
      return row && { ...journalOf(row), accounted: selectIslands.all({ source: key }) as Range[] };
    },
    openJournal(terminalKey, epoch): JournalIdentity {
      const known = selectOne.get(terminalKey, epoch) as JournalIdentity | undefined;
      if (known) return known;
      const name = `${terminalKey}/${epoch}`;
      const journal = unwritten.get(name) ?? { key: nextKey++, terminalKey, epoch };
      unwritten.set(name, journal);
      return journal;
    },
    accountedRanges: (journalKey) => selectIslands.all({ source: journalKey }) as Range[],
    saveAnnouncements: withJournals((announcements: readonly Announcement[]) => {
      for (const { journalKey, totals, announced, known, floorAt } of announcements)
        update.run({
          ...{ key: journalKey, announced, floor_at: floorAt, known_seq: known.seq, known_at: known.at },
          ...(totals ?? { satisfied: null, basically: null, unsatisfied: null }),
        });
    }),
  };
}
