/** What of the votes is not counted, because people have excluded it or rules discount it, what is summed apart, and what is still to be judged. */
import type { VotePlace } from '../../domain/exclusions.ts';
import type { ChannelCode, Corrected, Correction, Unjudged, VoteRecord } from '../ledger.ts';
import { ApartBatch } from '../sql/apart-batch.ts';
import { DiscountedBatch } from '../sql/discounted-batch.ts';
import { ALL, EXCLUDED } from '../sql/history/sums.ts';
import { IN_EXCLUSION } from '../sql/ledger-terms.ts';
import { RollupBatch } from '../sql/rollup-batch.ts';
import type { Connection } from './database.ts';
import type { NoteLate } from './late-table.ts';

type Judged = Omit<Corrected, 'to' | 'excluded'> & { channel: ChannelCode };

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
  const upsertApart = db.prepare(`
    INSERT INTO apart AS kept (source_key, quarter, window_key, channel, part, satisfied, basically, unsatisfied)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
      satisfied = kept.satisfied + excluded.satisfied,
      basically = kept.basically + excluded.basically,
      unsatisfied = kept.unsatisfied + excluded.unsatisfied`);
  const dropEmptyApart = db.prepare(
    `DELETE FROM apart WHERE source_key = ? AND quarter = ? AND window_key = ? AND channel = ? AND part = ?
       AND satisfied = 0 AND basically = 0 AND unsatisfied = 0`,
  );
  const selectJudged = db.prepare(
    'SELECT window_key AS windowKey, rating, at, channel, verdict AS "from" FROM votes WHERE source_key = ? AND seq = ?',
  );
  const updateVerdict = db.prepare('UPDATE votes SET verdict = ? WHERE source_key = ? AND seq = ?');
  // What two people have decided stays; what the rules say of it is kept for when they take it back.
  const updateDecided = db.prepare('UPDATE decided_votes SET by_rules = ? WHERE source_key = ? AND seq = ?');
  const insertUnjudged = db.prepare('INSERT INTO unjudged (window_key, from_at, to_at) VALUES (?, ?, ?)');
  const selectExclusion = db
    .prepare('SELECT 1 FROM exclusions WHERE ended_at IS NULL AND to_at > ? AND from_at <= ?')
    .pluck();
  const selectExcluding = db
    .prepare(`SELECT 1 FROM (SELECT ? AS source_key, ? AS window_key, ? AS at) v WHERE ${IN_EXCLUSION}`)
    .pluck();
  const isExcluded = ({ journalKey, windowKey, at }: VotePlace) =>
    selectExcluding.get(journalKey, windowKey, at) !== undefined;

  /** By what people have decided until now, which whoever judged the votes may not have read yet. */
  const leaveOut = (stored: readonly VoteRecord[], discounted: DiscountedBatch, apart: ApartBatch) => {
    const excluded = new RollupBatch();
    let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const { at } of stored) [first, last] = [Math.min(first, at), Math.max(last, at)];
    const someAre = stored.length > 0 && selectExclusion.get(first, last) !== undefined;
    for (const vote of stored) {
      if (vote.channel !== 0) apart.add(vote, ALL);
      if (someAre && isExcluded(vote)) {
        excluded.add(vote);
        apart.add(vote, EXCLUDED);
      } else if (vote.verdict !== undefined && vote.verdict !== 0) {
        discounted.add(vote, vote.verdict);
        apart.add(vote, vote.verdict);
      }
    }
    for (const { quarter, windowKey, journalKey, counts } of excluded.values()) {
      upsertExcluded.run(quarter, windowKey, journalKey, ...counts);
      noteLate(windowKey, quarter, EXCLUDED, counts);
    }
  };

  const correct = (
    corrections: readonly Correction[],
    discounted: DiscountedBatch,
    apart: ApartBatch,
  ): Corrected[] =>
    corrections.flatMap(({ journalKey, seq, verdict: to }) => {
      const row = selectJudged.get(journalKey, seq) as Judged | undefined;
      if (row === undefined) return [];
      if (updateDecided.run(to, journalKey, seq).changes > 0 || row.from === to) return [];
      updateVerdict.run(to, journalKey, seq);
      const { channel, ...found } = row;
      const excluded = isExcluded({ journalKey, ...found });
      if (!excluded) {
        discounted.add({ journalKey, ...found }, found.from, -1);
        discounted.add({ journalKey, ...found }, to);
        if (found.from !== 0) apart.add({ journalKey, ...row }, found.from, -1);
        if (to !== 0) apart.add({ journalKey, ...row }, to);
      }
      return [{ ...found, to, excluded }];
    });

  return (stored, { corrections, unjudged }) => {
    const discounted = new DiscountedBatch();
    const apart = new ApartBatch();
    leaveOut(stored, discounted, apart);
    const corrected = correct(corrections, discounted, apart);
    for (const { journalKey, quarter, windowKey, verdict, counts } of discounted.values()) {
      upsertDiscounted.run(journalKey, quarter, windowKey, verdict, ...counts);
      noteLate(windowKey, quarter, verdict, counts);
      if (counts.some((votes) => votes < 0)) dropEmpty.run(journalKey, quarter, windowKey, verdict);
    }
    for (const { journalKey, quarter, windowKey, channel, part, counts } of apart.values()) {
      upsertApart.run(journalKey, quarter, windowKey, channel, part, ...counts);
      noteLate(windowKey, quarter, part, counts, channel);
      if (counts.some((votes) => votes < 0))
        dropEmptyApart.run(journalKey, quarter, windowKey, channel, part);
    }
    for (const { windowKey, from, to } of unjudged) insertUnjudged.run(windowKey, from, to);
    return corrected;
  };
}
