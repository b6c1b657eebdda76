/** Votes, their rollups, the quarantine and what is lost: everything that one ingest transaction writes. */
import type { Committed, QuarantineRecord, VoteOutcome, VoteRecord } from '../ledger.ts';
import { ALL } from '../sql/history/sums.ts';
import { RollupBatch } from '../sql/rollup-batch.ts';
import { unjudgedOf } from '../sql/unjudged.ts';
import type { SetAside } from '../votes.ts';
import type { Connection } from './database.ts';
import type { WithJournals } from './kept-journals.ts';
import { createLateTable } from './late-table.ts';
import { createLeftOutTable } from './left-out.ts';
import type { CommitExtras, LedgerTables, VoteTables } from './tables.ts';
import { createVoteInserts, StoredAlready } from './vote-inserts.ts';

/** Records that speak of no number, or are decided about, are only for looking at: the newest are kept. */
const QUARANTINE_KEPT = 20_000;
/** Other bodies of one vote that wait for a person; a terminal's share of numbers is bounded where they come in. */
const CONFLICTS_OF_ONE = 4;
const BOOT_CACHE = 50_000;

const UPSERT_ROLLUP = `
  INSERT INTO rollups VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
    satisfied = satisfied + excluded.satisfied,
    basically = basically + excluded.basically,
    unsatisfied = unsatisfied + excluded.unsatisfied,
    first_seq = min(first_seq, excluded.first_seq),
    last_seq = max(last_seq, excluded.last_seq),
    last_at = max(last_at, excluded.last_at)`;

export function createVoteTable(
  db: Connection,
  withJournals: WithJournals,
): Pick<LedgerTables, 'commit'> & Pick<VoteTables, 'setAside'> {
  const selectBody = db
    .prepare(
      'SELECT v.rating, b.boot, v.mono FROM votes v JOIN boots b ON b.key = v.boot_key WHERE v.source_key = ? AND v.seq = ?',
    )
    .raw();
  const insertBoot = db.prepare('INSERT INTO boots (boot) VALUES (?) ON CONFLICT DO NOTHING');
  const selectBoot = db.prepare('SELECT key FROM boots WHERE boot = ?').pluck();
  const upsertRollup = db.prepare(UPSERT_ROLLUP);
  const insertDating = db.prepare('INSERT OR REPLACE INTO datings VALUES (?, ?, ?)');
  const late = createLateTable(db);
  const keepLeftOut = createLeftOutTable(db, late.note);
  const QUARANTINE =
    'INTO quarantine (received_at, reason, terminal_key, topic, source_key, seq, payload, claims) VALUES (?, ?, ?, ?, ?, ?, ?, ?)';
  const insertQuarantine = db.prepare(`INSERT OR IGNORE ${QUARANTINE}`);
  const replaceQuarantine = db.prepare(`INSERT OR REPLACE ${QUARANTINE}`);
  const insertLost = db.prepare(
    // Whoever wrote numbers off has not decided about those after them.
    `INSERT INTO lost (source_key, from_seq, to_seq, noted_at) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET
       to_seq = excluded.to_seq, written_off_at = NULL, on_its_way = 0 WHERE excluded.to_seq > to_seq`,
  );
  const prune = db.prepare(
    'DELETE FROM quarantine WHERE claims = 0 AND key <= ? AND (seq IS NULL OR decision IS NOT NULL)',
  );
  const selectQuarantine = db.prepare(
    `SELECT q.received_at AS receivedAt, q.reason, t.id AS terminalId, q.topic, q.seq, q.payload
     FROM quarantine q LEFT JOIN sources s ON s.key = q.source_key
     LEFT JOIN terminals t ON t.key = coalesce(q.terminal_key, s.terminal_key) ORDER BY q.key DESC LIMIT ?`,
  );

  const selectRevision = db.prepare('SELECT version FROM noted').pluck();
  const isStale = (judgedBy: number | undefined) =>
    judgedBy !== undefined && selectRevision.get() !== judgedBy;

  const selectVote = db.prepare('SELECT 1 FROM votes WHERE source_key = ? AND seq = ?').pluck();

  const countConflicts = db
    .prepare(
      'SELECT count(*) FROM quarantine WHERE source_key = ? AND seq = ? AND claims = 0 AND decision IS NULL',
    )
    .pluck();

  let boots = new Map<string, number>();
  /** A repeat that says another boot each time must leave nothing behind: only what will be stored makes a new one. */
  const bootKey = ({ boot, journalKey, seq }: VoteRecord): number => {
    let key = boots.get(boot);
    if (key === undefined) {
      if (selectVote.get(journalKey, seq) !== undefined) return 0;
      insertBoot.run(boot);
      key = selectBoot.get(boot) as number;
      if (boots.size >= BOOT_CACHE) boots = new Map();
      boots.set(boot, key);
    }
    return key;
  };

  const inserts = createVoteInserts(db, bootKey);

  const quarantineOne = (record: QuarantineRecord, claims: 0 | 1) => {
    const { receivedAt, reason, terminalKey, topic, journalKey, seq, payload } = record;
    const { lastInsertRowid } = (record.replaces ? replaceQuarantine : insertQuarantine).run(
      receivedAt,
      reason,
      terminalKey,
      topic,
      journalKey,
      seq,
      payload,
      claims,
    );
    const key = Number(lastInsertRowid);
    if (key % 256 === 0) prune.run(key - QUARANTINE_KEPT);
  };

  type Commit = [
    votes: readonly VoteRecord[],
    quarantine: readonly QuarantineRecord[],
    extras: Required<Omit<CommitExtras, 'more' | 'judgedBy'>> & Pick<CommitExtras, 'more' | 'judgedBy'>,
  ];
  const commit = withJournals((oneByOne: boolean, ...[votes, quarantine, extras]: Commit) => {
    const { lost, keepsConflict, more } = extras;
    const rollups = new RollupBatch();
    const stored: VoteRecord[] = [];
    const outcomes: VoteOutcome[] = [];
    for (const vote of more ? [...votes, ...more()] : votes) {
      const isAhead = !oneByOne && inserts.isAhead(vote);
      if (isAhead) inserts.add(vote);
      else inserts.flush();
      if (isAhead || inserts.insert(vote)) {
        rollups.add(vote);
        if (vote.claimedAt !== undefined) insertDating.run(vote.journalKey, vote.seq, vote.claimedAt);
        stored.push(vote);
        outcomes.push('stored');
        continue;
      }
      const [rating, boot, mono] = selectBody.get(vote.journalKey, vote.seq) as [number, string, number];
      const same = rating === vote.rating && boot === vote.boot && mono === vote.mono;
      outcomes.push(same ? 'duplicate' : 'conflict');
      if (same || !keepsConflict(vote)) continue;
      const { receivedAt, journalKey, seq } = vote;
      if ((countConflicts.get(journalKey, seq) as number) >= CONFLICTS_OF_ONE) continue;
      const payload = JSON.stringify(vote);
      quarantineOne(
        { receivedAt, reason: 'identity-conflict', terminalKey: null, topic: '', journalKey, seq, payload },
        0,
      );
    }
    inserts.flush();
    late.look();
    for (const { quarter, windowKey, journalKey, counts, firstSeq, lastSeq, lastAt } of rollups.values()) {
      upsertRollup.run(quarter, windowKey, journalKey, ...counts, firstSeq, lastSeq, lastAt);
      late.note(windowKey, quarter, ALL, counts);
    }
    const again = isStale(extras.judgedBy) ? unjudgedOf(stored) : [];
    const corrected = keepLeftOut(stored, { ...extras, unjudged: [...extras.unjudged, ...again] });
    for (const record of quarantine) quarantineOne(record, record.seq === null ? 0 : 1);
    for (const { journalKey, range, at } of lost) insertLost.run(journalKey, ...range, at);
    return { outcomes, corrected };
  });

  const commitOnce = (oneByOne: boolean, ...given: Commit) => {
    // What it is within may yet be taken back.
    let isSettled = false;
    try {
      const committed: Committed = commit(oneByOne, ...given);
      isSettled = !db.inTransaction;
      return committed;
    } finally {
      // Keys made in a transaction that was refused or taken back do not exist.
      if (!isSettled) {
        boots = new Map();
        inserts.forget();
      }
    }
  };

  return {
    commit(votes, quarantine, { lost = [], corrections = [], unjudged = [], keepsConflict, ...within } = {}) {
      const extras = { lost, corrections, unjudged, keepsConflict: askedOnce(keepsConflict), ...within };
      try {
        return commitOnce(false, votes, quarantine, extras);
      } catch (error) {
        if (!(error instanceof StoredAlready)) throw error;
        return commitOnce(true, votes, quarantine, extras);
      }
    },
    setAside: (limit) => selectQuarantine.all(limit) as SetAside[],
  };
}

/** Asking may take something, and a commit may be made twice. */
function askedOnce(keeps: (vote: VoteRecord) => boolean = () => true): (vote: VoteRecord) => boolean {
  const answers = new Map<VoteRecord, boolean>();
  return (vote) => {
    const answer = answers.get(vote) ?? keeps(vote);
    answers.set(vote, answer);
    return answer;
  };
}
