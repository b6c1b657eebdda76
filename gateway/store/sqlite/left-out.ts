/** What of the votes is not counted, because people have excluded it or rules discount it, and what is still to be judged. */
import type { Corrected, Correction, Unjudged, VoteRecord } from '../ledger.ts';
import { DiscountedBatch } from '../sql/discounted-batch.ts';
import { EXCLUDED } from '../sql/history/sums.ts';
import { RollupBatch } from '../sql/rollup-batch.ts';
import type { Connection } from './database.ts';
import type { NoteLate } from './late-table.ts';

type LeftOut = { corrections: readonly Correction[]; unjudged: readonly Unjudged[] };

/** Within the transaction that is open, after the votes: what is kept beside them is by what is in it then. */
export type KeepLeftOut = (stored: readonly VoteRecord[], leftOut: LeftOut) => Corrected[];

export function createLeftOutTable(db: Connection, noteLate: NoteLate): KeepLeftOut {
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
  const isExcluded = (journalKey: number, at: number) =>
    selectExcluding.get(journalKey, at, at) !== undefined;

  /** By what people have decided until now, which whoever judged the votes may not have read yet. */
  const leaveOut = (stored: readonly VoteRecord[], discounted: DiscountedBatch) => {
    const excluded = new RollupBatch();
    let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const { at } of stored) [first, last] = [Math.min(first, at), Math.max(last, at)];
    const someAre = stored.length > 0 && selectExclusion.get(first, last) !== undefined;
    for (const vote of stored)
      if (someAre && isExcluded(vote.journalKey, vote.at)) excluded.add(vote);
      else if (vote.verdict !== undefined) discounted.add(vote, vote.verdict);
    for (const { quarter, windowKey, journalKey, counts } of excluded.values()) {
      upsertExcluded.run(quarter, windowKey, journalKey, ...counts);
      noteLate(windowKey, quarter, EXCLUDED, counts);
    }
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

  return (stored, { corrections, unjudged }) => {
    const discounted = new DiscountedBatch();
    leaveOut(stored, discounted);
    const corrected = correct(corrections, discounted);
    for (const { journalKey, quarter, windowKey, verdict, counts } of discounted.values()) {
      upsertDiscounted.run(journalKey, quarter, windowKey, verdict, ...counts);
      noteLate(windowKey, quarter, verdict, counts);
      if (counts.some((votes) => votes < 0)) dropEmpty.run(journalKey, quarter, windowKey, verdict);
    }
    for (const { windowKey, from, to } of unjudged) insertUnjudged.run(windowKey, from, to);
    return corrected;
  };
}
