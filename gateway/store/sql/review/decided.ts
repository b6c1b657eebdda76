/** A decision about votes: alone with them, and counted, so that gateways know when to read again. */
import type { Queries, SqlDatabase } from '../sql-database.ts';

/** Votes of this window are others by it. */
export type Concern = (windowKey: number) => void;

export type Decided = <T>(act: () => Promise<T>) => Promise<T>;

/** In the transaction of `queries`. */
export function decidedOn(database: Pick<SqlDatabase, 'holdVotes'>, queries: Queries): Decided {
  return async (act) => {
    await database.holdVotes(queries);
    const result = await act();
    await queries
      .updateTable('reviewed')
      .set(({ eb }) => ({ decisions: eb('decisions', '+', 1) }))
      .execute();
    return result;
  };
}
