/** One gateway a database, for as long as its scores and its presence are its own memory: another one's votes would not be in them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreFailure } from '../failures.ts';
import { GATEWAY } from './advisory-locks.ts';
import { openSession, type Session, type SessionOptions } from './session.ts';

/** It ends with its connection, however that ends. */
const TAKE = `SELECT pg_try_advisory_lock(${GATEWAY}) AS "isOurs"`;
/** A gateway that is being replaced may take a moment to end. */
const WAIT_MS = 2_000;
const LOOK_EVERY_MS = 100;

export type Claim = {
  /** Cheap while it is held. @throws StoreFailure `data-in-use`, or why it cannot be asked for. */
  hold(): Promise<void>;
  release(): Promise<void>;
};

export function createClaim(options: SessionOptions, monotonic: () => number): Claim {
  let session: Session | null = null;
  let holding: Promise<void> | null = null;

  const take = async () => {
    const opened = await openSession(options, null);
    const until = monotonic() + WAIT_MS;
    try {
      for (;;) {
        const [taken] = (await opened.query<{ isOurs: boolean }>({ text: TAKE })).rows;
        if (taken?.isOurs) break;
        if (monotonic() >= until)
          throw new StoreFailure(
            'data-in-use',
            'another gateway runs on this database: stop it, or set MANYI_DATABASE to another one',
          );
        await sleep(LOOK_EVERY_MS);
      }
    } catch (error) {
      await opened.close();
      throw error;
    }
    session = opened;
  };

  return {
    async hold() {
      if (session && !session.isOver) return;
      holding ??= take().finally(() => {
        holding = null;
      });
      await holding;
    },
    async release() {
      await holding?.catch(() => {});
      await session?.close();
      session = null;
    },
  };
}
