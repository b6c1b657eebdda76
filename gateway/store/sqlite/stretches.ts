/** Reading much, some quarters of an hour at a time: what comes in meanwhile has its turn between two of them. */
import { QUARTER_MS } from '../../domain/calendar.ts';
import type { Exclusive } from './exclusive.ts';
import type { Quarters, VoteTables } from './tables.ts';

export type StretchDeps<Row> = {
  tables: Pick<VoteTables, 'quarterFrom'>;
  exclusive: Exclusive;
  fromMs: number;
  /** Quarters of an hour. */
  atOnce: number;
  read(quarters: Quarters): Row[];
};

/** From the quarter that holds `fromMs` to the last one that there is; over what is empty it does not go one by one. */
export async function* inStretches<Row>(deps: StretchDeps<Row>): AsyncGenerator<Row> {
  const { tables, exclusive, fromMs, atOnce, read } = deps;
  const next = (from: number) => exclusive(() => tables.quarterFrom(from));
  for (
    let quarter = await next(Math.floor(fromMs / QUARTER_MS));
    quarter !== null;
    quarter = await next(quarter + atOnce)
  ) {
    const quarters: Quarters = { quarter, end: quarter + atOnce };
    // All of them before the first is given: a statement that is still being read keeps commits from the connection.
    yield* await exclusive(() => read(quarters));
  }
}
