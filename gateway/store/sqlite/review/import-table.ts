/** Votes that come from a journal's file and not from its terminal: written beside a gateway that runs. */

import type { Connection } from '../database.ts';
import { IMPORTED_FROM } from '../kept-journals.ts';
import type { ReviewTables } from '../tables.ts';

export function createImportTable(
  db: Connection,
  decided: () => void,
): Pick<ReviewTables, 'openImported' | 'importEnded'> {
  const selectKey = db.prepare('SELECT key FROM sources WHERE terminal_key = ? AND epoch = ?').pluck();
  const nextKey = db
    .prepare(
      `SELECT max(${IMPORTED_FROM}, coalesce(max(key) + 1, 0)) FROM sources WHERE key >= ${IMPORTED_FROM}`,
    )
    .pluck();
  const insert = db.prepare('INSERT INTO sources (key, terminal_key, epoch) VALUES (?, ?, ?)');
  // The same evidence as a terminal's own word: it only grows.
  const tell = db.prepare(`
    UPDATE sources SET announced = max(announced, @last),
      total_satisfied = iif(@sum > told, @satisfied, total_satisfied),
      total_basically = iif(@sum > told, @basically, total_basically),
      total_unsatisfied = iif(@sum > told, @unsatisfied, total_unsatisfied)
    FROM (SELECT key AS k, coalesce(total_satisfied + total_basically + total_unsatisfied, -1) AS told FROM sources)
    WHERE k = key AND key = @key`);
  return {
    openImported(terminalKey, epoch, { last, totals }) {
      const known = selectKey.get(terminalKey, epoch) as number | undefined;
      const key = known ?? (nextKey.get() as number);
      if (known === undefined) insert.run(key, terminalKey, epoch);
      const sum = totals ? totals.satisfied + totals.basically + totals.unsatisfied : -1;
      tell.run({ key, last, sum, satisfied: 0, basically: 0, unsatisfied: 0, ...totals });
      return key;
    },
    importEnded: decided,
  };
}
