/** Many rows, some hundred a statement: both databases take some ten thousand values, and each row has a handful. */
import { CompiledQuery, type RawBuilder, sql } from 'kysely';
import type { Queries } from '../sql-database.ts';

const ROWS = 200;

export function* chunksOf<T>(rows: readonly T[], atOnce = ROWS): Generator<T[]> {
  for (let from = 0; from < rows.length; from += atOnce) yield rows.slice(from, from + atOnce);
}

/**
 * Its text is made once for all chunks of one length: that costs more than to run it.
 * @param statement with these values and no others
 */
export async function writeRows<R = never>(
  queries: Queries,
  rows: readonly (readonly unknown[])[],
  statement: (values: RawBuilder<unknown>) => RawBuilder<R>,
): Promise<R[]> {
  const texts = new Map<number, string>();
  const answered: R[] = [];
  for (const chunk of chunksOf(rows)) {
    let text = texts.get(chunk.length);
    if (text === undefined) {
      const values = sql.join(chunk.map((row) => sql`(${sql.join(row)})`));
      text = statement(values).compile(queries).sql;
      texts.set(chunk.length, text);
    }
    answered.push(...(await queries.executeQuery<R>(CompiledQuery.raw(text, chunk.flat()))).rows);
  }
  return answered;
}
