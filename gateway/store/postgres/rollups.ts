/** Sums of a quarter and window, as they were at one moment, a page at a time. */
import { QUARTER_MS } from '../../domain/calendar.ts';
import { StoreFailure } from '../failures.ts';
import type { RollupRow } from '../ledger.ts';
import { failure } from './failure.ts';
import { openSession, type SessionOptions } from './session.ts';

const DECLARE = `
  DECLARE sums NO SCROLL CURSOR FOR
  SELECT quarter, window_key AS "windowKey", sum(satisfied)::int8 AS satisfied, sum(basically)::int8 AS basically,
    sum(unsatisfied)::int8 AS unsatisfied, max(last_at) AS "lastAt"
  FROM rollups WHERE quarter >= $1 GROUP BY quarter, window_key ORDER BY quarter, window_key`;
const PAGE = 5_000;

type Row = {
  quarter: number;
  windowKey: number;
  satisfied: number;
  basically: number;
  unsatisfied: number;
  lastAt: number;
};

/** On a connection of its own, which ends with the reading: a slow reader holds nobody up. @throws StoreFailure */
export async function* readRollups(
  options: SessionOptions & { timeoutMs: number },
  fromMs: number,
): AsyncIterable<RollupRow> {
  const session = await openSession(options, null);
  const ask = async <R extends object>(text: string, values: unknown[] = []): Promise<R[]> => {
    const late = new StoreFailure(
      'database-timeout',
      `no answer of the database within ${options.timeoutMs} ms`,
    );
    const timer = setTimeout(() => session.destroy(late), options.timeoutMs);
    try {
      return (await session.query<R>({ text, values })).rows;
    } catch (error) {
      throw failure(error);
    } finally {
      clearTimeout(timer);
    }
  };
  try {
    await ask('BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY');
    // A cursor takes no parameter through the driver: a number, made here.
    await ask(DECLARE.replace('$1', String(Math.floor(fromMs / QUARTER_MS))));
    for (;;) {
      const rows = await ask<Row>(`FETCH ${PAGE} FROM sums`);
      for (const { quarter, windowKey, satisfied, basically, unsatisfied, lastAt } of rows)
        yield {
          quarterStart: quarter * QUARTER_MS,
          windowKey,
          counts: [satisfied, basically, unsatisfied],
          lastAt,
        };
      if (rows.length < PAGE) return;
    }
  } finally {
    await session.close();
  }
}
