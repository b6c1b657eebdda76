/** Votes, their rollups, the quarantine and what is lost: everything that one ingest transaction writes. */
import type {
  Committed,
  Corrected,
  Correction,
  QuarantineRecord,
  VoteOutcome,
  VoteRecord,
} from '../ledger.ts';
import { DiscountedBatch } from '../sql/discounted-batch.ts';
import { RollupBatch } from '../sql/rollup-batch.ts';
import type { SetAside } from '../votes.ts';
import type { Connection } from './database.ts';
import type { WithJournals } from './kept-journals.ts';
import type { CommitExtras, LedgerTables, VoteTables } from './tables.ts';

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
  const insertVote = db.prepare('INSERT OR IGNORE INTO votes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const selectBody = db
    .prepare(
      'SELECT v.rating, b.boot, v.mono FROM votes v JOIN boots b ON b.key = v.boot_key WHERE v.source_key = ? AND v.seq = ?',
    )
    .raw();
  const insertBoot = db.prepare('INSERT INTO boots (boot) VALUES (?) ON CONFLICT DO NOTHING');
  const selectBoot = db.prepare('SELECT key FROM boots WHERE boot = ?').pluck();
  const upsertRollup = db.prepare(UPSERT_ROLLUP);
  const insertDating = db.prepare('INSERT OR REPLACE INTO datings VALUES (?, ?, ?)');
  const upsertExcluded = db.prepare(`
    INSERT INTO excluded AS kept VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
      satisfied = kept.satisfied + excluded.satisfied,
      basically = kept.basically + excluded.basically,
      unsatisfied = kept.unsatisfied + excluded.unsatisfied`);
  const upsertDiscounted = db.prepare(`
    INSERT INTO discounted AS kept (source_key, quarter, window_key, verdict, satisfied, basically, unsatisfied)
    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
      satisfied = kept.satisfied + excluded.satisfied,
      basically = kept.basically + excluded.basically,
      unsatisfied = kept.unsatisfied + excluded.unsatisfied`);
  const dropEmpty = db.prepare(
    `DELETE FROM discounted WHERE source_key = ? AND quarter = ? AND window_key = ? AND verdict = ?
       AND satisfied = 0 AND basically = 0 AND unsatisfied = 0`,
  );
  const selectJudged = db.prepare(
    'SELECT window_key AS windowKey, rating, at, verdict AS "from" FROM votes WHERE source_key = ? AND seq = ?',
  );
  const updateVerdict = db.prepare('UPDATE votes SET verdict = ? WHERE source_key = ? AND seq = ?');
  const insertUnjudged = db.prepare('INSERT INTO unjudged (window_key, from_at, to_at) VALUES (?, ?, ?)');
  const selectExclusion = db
    .prepare('SELECT 1 FROM exclusions WHERE ended_at IS NULL AND to_at > ? AND from_at <= ?')
    .pluck();
  const selectExcluding = db
    .prepare(
      `SELECT 1 FROM sources s JOIN exclusions e ON e.terminal_key = s.terminal_key
       WHERE s.key = ? AND e.ended_at IS NULL AND e.from_at <= ? AND e.to_at > ?`,
    )
    .pluck();
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

  const isExcluded = (journalKey: number, at: number) =>
    selectExcluding.get(journalKey, at, at) !== undefined;

  /** By what people have decided until now, which whoever judged the votes may not have read yet. */
  const leftOutOf = (stored: readonly VoteRecord[]) => {
    const excluded = new RollupBatch();
    const discounted = new DiscountedBatch();
    let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const { at } of stored) [first, last] = [Math.min(first, at), Math.max(last, at)];
    const someAre = stored.length > 0 && selectExclusion.get(first, last) !== undefined;
    for (const vote of stored)
      if (someAre && isExcluded(vote.journalKey, vote.at)) excluded.add(vote);
      else if (vote.verdict !== undefined) discounted.add(vote, vote.verdict);
    return { excluded: excluded.values(), discounted };
  };

  const correct = (corrections: readonly Correction[], discounted: DiscountedBatch): Corrected[] =>
    corrections.flatMap(({ journalKey, seq, verdict: to }) => {
      const found = selectJudged.get(journalKey, seq) as Omit<Corrected, 'to' | 'excluded'> | undefined;
      if (found === undefined || found.from === to) return [];
      updateVerdict.run(to, journalKey, seq);
      const excluded = isExcluded(journalKey, found.at);
      if (!excluded) {
        discounted.add({ journalKey, ...found }, found.from, -1);
        discounted.add({ journalKey, ...found }, to);
      }
      return [{ ...found, to, excluded }];
    });

  type Commit = [votes: readonly VoteRecord[], quarantine: readonly QuarantineRecord[], extras: CommitExtras];
  const commit = withJournals(
    (...[votes, quarantine, { lost = [], corrections = [], unjudged = [], keepsConflict }]: Commit) => {
      const rollups = new RollupBatch();
      const stored: VoteRecord[] = [];
      const outcomes: VoteOutcome[] = [];
      for (const vote of votes) {
        const { changes } = insertVote.run(
          vote.journalKey,
          vote.seq,
          vote.windowKey,
          vote.rating,
          vote.at,
          vote.clock,
          bootKey(vote),
          vote.mono,
          vote.receivedAt,
          vote.channel,
          vote.verdict ?? 0,
        );
        if (changes === 1) {
          rollups.add(vote);
          if (vote.claimedAt !== undefined) insertDating.run(vote.journalKey, vote.seq, vote.claimedAt);
          stored.push(vote);
          outcomes.push('stored');
          continue;
        }
        const [rating, boot, mono] = selectBody.get(vote.journalKey, vote.seq) as [number, string, number];
        const same = rating === vote.rating && boot === vote.boot && mono === vote.mono;
        outcomes.push(same ? 'duplicate' : 'conflict');
        if (same || keepsConflict?.(vote) === false) continue;
        const { receivedAt, journalKey, seq } = vote;
        if ((countConflicts.get(journalKey, seq) as number) >= CONFLICTS_OF_ONE) continue;
        const payload = JSON.stringify(vote);
        quarantineOne(
          { receivedAt, reason: 'identity-conflict', terminalKey: null, topic: '', journalKey, seq, payload },
          0,
        );
      }
      for (const { quarter, windowKey, journalKey, counts, firstSeq, lastSeq, lastAt } of rollups.values())
        upsertRollup.run(quarter, windowKey, journalKey, ...counts, firstSeq, lastSeq, lastAt);
      const { excluded, discounted } = leftOutOf(stored);
      for (const { quarter, windowKey, journalKey, counts } of excluded)
        upsertExcluded.run(quarter, windowKey, journalKey, ...counts);
      const corrected = correct(corrections, discounted);
      for (const { journalKey, quarter, windowKey, verdict, counts } of discounted.values()) {
        upsertDiscounted.run(journalKey, quarter, windowKey, verdict, ...counts);
        if (counts.some((votes) => votes < 0)) dropEmpty.run(journalKey, quarter, windowKey, verdict);
      }
      for (const { windowKey, from, to } of unjudged) insertUnjudged.run(windowKey, from, to);
      for (const record of quarantine) quarantineOne(record, record.seq === null ? 0 : 1);
      for (const { journalKey, range, at } of lost) insertLost.run(journalKey, ...range, at);
      return { outcomes, corrected };
    },
  );

  return {
    commit(votes, quarantine, extras = {}) {
      // What it is within may yet be taken back.
      let isSettled = false;
      try {
        const committed: Committed = commit(votes, quarantine, extras);
        isSettled = !db.inTransaction;
        return committed;
      } finally {
        // Keys made in a transaction that was refused or taken back do not exist.
        if (!isSettled) boots = new Map();
      }
    },
    setAside: (limit) => selectQuarantine.all(limit) as SetAside[],
  };
}
