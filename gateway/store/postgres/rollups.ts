/** Sums of a quarter and window. */
import { QUARTER_MS } from '../../domain/calendar.ts';
import type { RollupRow } from '../ledger.ts';
import type { SelectRows } from './score-parts.ts';

type Row = {
  quarter: number;
  windowKey: number;
  satisfied: number;
  basically: number;
  unsatisfied: number;
  lastAt: number;
};

/** @throws StoreFailure */
export async function* readRollups(select: SelectRows, fromMs: number): AsyncGenerator<RollupRow> {
  const rows = select<Row>(
    `SELECT quarter, window_key AS "windowKey", sum(satisfied)::int8 AS satisfied, sum(basically)::int8 AS basically,
       sum(unsatisfied)::int8 AS unsatisfied, max(last_at) AS "lastAt"
     FROM rollups WHERE quarter >= ${Math.floor(fromMs / QUARTER_MS)}
     GROUP BY quarter, window_key ORDER BY quarter, window_key`,
  );
  for await (const { quarter, windowKey, satisfied, basically, unsatisfied, lastAt } of rows)
    yield {
      quarterStart: quarter * QUARTER_MS,
      windowKey,
      counts: [satisfied, basically, unsatisfied],
      lastAt,
    };
}
