/** Rows as they were at one moment, a page at a time. */
import { StoreFailure } from '../failures.ts';
import { failure } from './failure.ts';
import { openSession, type SessionOptions } from './session.ts';

const PAGE = 5_000;

export type CursorOptions = SessionOptions & { timeoutMs: number };

/**
 * On a connection of its own, which ends with the reading: a slow reader holds nobody up. @throws StoreFailure
 * @param select with its numbers in it: a cursor takes no parameter through the driver
 */
export async function* readByCursor<R extends object>(
  options: CursorOptions,
  select: string,
): AsyncGenerator<R> {
  const session = await openSession(options, null);
  const ask = async <A extends object>(text: string): Promise<A[]> => {
    const late = new StoreFailure(
      'database-timeout',
      `no answer of the database within ${options.timeoutMs} ms`,
    );
    const timer = setTimeout(() => session.destroy(late), options.timeoutMs);
    try {
      return (await session.query<A>({ text })).rows;
    } catch (error) {
      throw failure(error);
    } finally {
      clearTimeout(timer);
    }
  };
  try {
    await ask('BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY');
    await ask(`DECLARE page NO SCROLL CURSOR FOR ${select}`);
    for (;;) {
      const rows = await ask<R>(`FETCH ${PAGE} FROM page`);
      yield* rows;
      if (rows.length < PAGE) return;
    }
  } finally {
    await session.close();
  }
}
