/** A connection that is made when it is needed, made anew after any failure, and used by one at a time. */
import { StoreFailure } from '../failures.ts';
import {
  type Answer,
  type Backend,
  openSession,
  type Session,
  type SessionOptions,
  type Statement,
} from './session.ts';

export type ConnectionOptions = SessionOptions & {
  /** For one statement, or a transaction with all of its statements. */
  timeoutMs: number;
  /** What every transaction begins with, in the same message as its BEGIN. */
  begin?: string;
};

/** The statements of a transaction that is open; each sees what was committed before it. */
export type Transaction = {
  /** @throws StoreFailure */
  rows<R extends object>(statement: Statement): Promise<R[]>;
  /** @throws StoreFailure */
  run<R extends object>(statement: Statement): Promise<Answer<R>>;
};

export type Connection = {
  /**
   * What is fulfilled is on the disk of every machine that has to have it. @throws StoreFailure, or what `act` throws: nothing of it
   * is stored then.
   */
  transaction<T>(act: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** One statement that only reads. @throws StoreFailure */
  rows<R extends object>(statement: Statement): Promise<R[]>;
  /** What was begun is ended first. */
  close(): Promise<void>;
};

export function createConnection(options: ConnectionOptions): Connection {
  const { timeoutMs, begin = '' } = options;
  let session: Session | null = null;
  let abandoned: Backend | null = null;
  let turn: Promise<unknown> = Promise.resolve();

  /** Whatever fails, the connection goes: nobody needs to know then what state a failure has left it in. */
  const use = async <T>(act: (session: Session) => Promise<T>): Promise<T> => {
    if (session?.isOver) {
      abandoned = session.backend;
      session = null;
    }
    if (session === null) {
      session = await openSession(options, abandoned);
      abandoned = null;
    }
    const used = session;
    const timer = setTimeout(
      () =>
        used.destroy(
          new StoreFailure('database-timeout', `no answer of the database within ${timeoutMs} ms`),
        ),
      timeoutMs,
    );
    try {
      return await act(used);
    } catch (error) {
      session = null;
      abandoned = used.backend;
      used.destroy(
        new StoreFailure('database-unreachable', 'it was given up after a failure', { cause: error }),
      );
      throw error;
    } finally {
      clearTimeout(timer);
    }
  };
  const inTurn = <T>(act: (session: Session) => Promise<T>): Promise<T> => {
    const result = turn.then(() => use(act));
    turn = result.catch(() => {});
    return result;
  };

  return {
    async transaction(act) {
      const outcome = await inTurn(async (used) => {
        used.takeNotice();
        // Said, and not left to the settings of the role: each statement must see what was committed before it.
        await used.query({ text: `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; ${begin}` });
        const run: Transaction['run'] = (statement) => used.query(statement);
        try {
          const result = await act({ run, rows: async (statement) => (await run<never>(statement)).rows });
          const { command } = await used.query({ text: 'COMMIT' });
          refuseHalfCommitted(command, used.takeNotice());
          return { result };
        } catch (error) {
          // What the database or the line to it is not the reason of leaves the connection as good as it was.
          if (error instanceof StoreFailure || used.isOver) throw error;
          await used.query({ text: 'ROLLBACK' });
          return { refusal: error };
        }
      });
      if ('result' in outcome) return outcome.result;
      throw outcome.refusal;
    },
    rows: (statement) => inTurn(async (used) => (await used.query<never>(statement)).rows),
    async close() {
      await turn;
      await session?.close();
    },
  };
}

/**
 * A wait for the standby that somebody cancels ends in success, with a warning: committed here, and perhaps nowhere else. So
 * any word beside the answers is a failure.
 */
function refuseHalfCommitted(command: string, notice: string | null): void {
  if (command !== 'COMMIT')
    throw new StoreFailure('storage-failed', `the database has answered COMMIT with ${command}`);
  if (notice !== null)
    throw new StoreFailure('database-unreplicated', `stored, but perhaps on one machine only: ${notice}`);
}
