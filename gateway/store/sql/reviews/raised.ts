/** How many reviews that people have brought up wait to be decided. */
import type { ReviewsTx } from '../../reviews.ts';
import type { Queries } from '../sql-database.ts';

export async function raised(
  queries: Queries,
  windowKey: number,
  by: string,
): ReturnType<ReviewsTx['raised']> {
  const waiting = queries
    .selectFrom('reviews as r')
    .where('r.detector', '=', 'person')
    .where('r.state', 'in', ['open', 'proposed']);
  const atWindow = await waiting
    .where('r.window_key', '=', windowKey)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  // Whoever has proposed it may be another one by now.
  const byPerson = await waiting
    .innerJoin('review_events as e', 'e.review_key', 'r.key')
    .where('e.step', '=', 'open')
    .where('e.made_by', '=', by)
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  return { atWindow: Number(atWindow.count), byPerson: Number(byPerson.count) };
}
