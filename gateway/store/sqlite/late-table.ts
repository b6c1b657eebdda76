/** What a commit writes of quarters of an hour that are folded already: see sql/history/late.ts. */
import type { Ratings } from '../sql/history/sums.ts';
import type { Connection } from './database.ts';

/** Notes it if it is late. */
export type NoteLate = (
  windowKey: number,
  quarter: number,
  part: number,
  counts: Ratings,
  channel?: number,
) => void;

export type LateTable = {
  /** What is late, as of this transaction. */
  look(): void;
  note: NoteLate;
};

export function createLateTable(db: Connection): LateTable {
  const selectBefore = db.prepare('SELECT late_before FROM history_state').pluck();
  const insert = db.prepare(
    `INSERT INTO history_late (window_key, quarter, channel, part, satisfied, basically, unsatisfied) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  let before = 0;
  return {
    look() {
      before = selectBefore.get() as number;
    },
    note(windowKey, quarter, part, counts, channel = 0) {
      if (quarter < before) insert.run(windowKey, quarter, channel, part, ...counts);
    },
  };
}
