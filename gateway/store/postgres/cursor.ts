/** Rows as they were at one moment, a page at a time. */
import { StoreFailure } from '../failures.ts';
import { failure } from './failure.ts';
import { openSession, type SessionOptions } from './session.ts';

const PAGE = 5_000;

export type CursorOptions = SessionOptions & { timeoutMs: number };

/** What is read on one connection, one after another. Each may throw StoreFailure. */
export type Reading = {
  /** @param select with its numbers in it: a cursor takes no parameter through the driver */
  rows<R extends object>(select: string): AsyncGenerator<R>;
  close(): Promise<void>;
};

/** @param isolation what one moment means: each select's own, or the first's for all of them. @throws StoreFailure */
export async function openReading(
  options: CursorOptions,
  isolation: 'READ COMMITTED' | 'REPEATABLE READ',
): Promise<Reading> {
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
  const close = () => session.close();
  try {
    await ask(`BEGIN ISOLATION LEVEL ${isolation} READ ONLY`);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    async *rows<R extends object>(select: string) {
      await ask(`DECLARE page NO SCROLL CURSOR FOR ${select}`);
      for (;;) {
        const rows = await ask<R>(`FETCH ${PAGE} FROM page`);
        yield* rows;
        if (rows.length < PAGE) break;
      }
      await ask('CLOSE page');
    },
    close,
  };
}

/** On a connection of its own, which ends with the reading: a slow reader holds nobody up. @throws StoreFailure */
export async function* readByCursor<R extends object>(
  options: CursorOptions,
  select: string,
): AsyncGenerator<R> {
  const reading = await openReading(options, 'READ COMMITTED');
  try {
    yield* reading.rows<R>(select);
  } finally {
    await reading.close();
  }
}
