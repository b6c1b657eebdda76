/** Many rows, some hundred a statement: both databases take some ten thousand values, and each row has a handful. */
import { CompiledQuery, PostgresAdapter, type RawBuilder, sql } from 'kysely';
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

/**
 * Rows of whole numbers, in one statement whose text is the same for any of them. PostgreSQL has them as columns, which it takes a fraction of
 * the time to read; SQLite as JSON.
 * @param into a table and its columns @param then what follows the rows
 */
export async function insertNumbers(
  queries: Queries,
  into: string,
  rows: readonly (readonly number[])[],
  then = sql``,
): Promise<void> {
  const [first] = rows;
  if (!first) return;
  if (!(queries.getExecutor().adapter instanceof PostgresAdapter)) {
    const values = first.map((_, at) => sql`value ->> ${sql.lit(at)}`);
    // `WHERE` keeps what follows from being read as a part of the join.
    await sql`INSERT INTO ${sql.raw(into)} SELECT ${sql.join(values)} FROM json_each(${JSON.stringify(rows)}) WHERE true ${then}`.execute(
      queries,
    );
    return;
  }
  const columns = first.map((_, at) => sql`cast(${`{${rows.map((row) => row[at]).join(',')}}`} as int8[])`);
  await sql`INSERT INTO ${sql.raw(into)} SELECT * FROM unnest(${sql.join(columns)}) ${then}`.execute(queries);
}
