/**
 * Brings what waits to those it is for: to each of them one after another, in order; to different ones beside each other, so that one
 * that stands still holds up nobody else. What is not taken is tried again, later and later, and given up in the end.
 */
import {
  type AlertTarget,
  type Delivery,
  MOST_KEPT,
  MOST_NOTE_CHARS,
  type Outcome,
  type TargetStore,
} from '../../store/alert-targets.ts';
import { DeliveryFailure } from './delivery-failure.ts';

export type Courier = {
  /** Is there anything that can be tried now? @throws StoreFailure */
  isDue(): Promise<boolean>;
  /** Tries it; what takes longer goes on by itself. @throws StoreFailure */
  deliver(): Promise<void>;
  /** What is under way has ended. */
  settled(): Promise<void>;
};

export type CourierDeps = {
  store: Pick<TargetStore, 'due' | 'noteOutcome' | 'forgetDone'>;
  now: () => number;
  /** Between 0 and 1. */
  chance: () => number;
  /** @throws DeliveryFailure */
  send(target: AlertTarget, sealed: Buffer | null, delivery: Delivery): Promise<void>;
  /** … about which nothing more is done. */
  gaveUp(target: AlertTarget, delivery: Delivery, code: string): void;
  failed(error: Error): void;
  firstWaitMs?: number;
};

const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 3_600_000;
const MOST_ATTEMPTS = 15;
const OLDEST_MS = 24 * 3_600_000;
/** A round waits so long for what it has begun. */
const ROUND_MS = 1_000;
const FORGET_EVERY = 500;

export function createCourier(deps: CourierDeps): Courier {
  const { store, now, chance, send, gaveUp, failed, firstWaitMs = FIRST_WAIT_MS } = deps;
  const underWay = new Map<number, Promise<void>>();
  let done = 0;

  const ready = async () =>
    (await store.due(now())).filter(({ delivery }) => !underWay.has(delivery.targetKey));

  const outcomeOf = (target: AlertTarget, delivery: Delivery, error: unknown): Outcome => {
    const failure = error instanceof DeliveryFailure ? error : null;
    const code = failure?.code ?? 'internal';
    const note = failure && shorten(failure.message);
    const isLast = delivery.attempts + 1 >= MOST_ATTEMPTS || now() - delivery.dueAt > OLDEST_MS;
    if (isLast || failure?.next.isFinal) return { state: 'given-up', at: now(), code, note };
    const longest = Math.min(LONGEST_WAIT_MS, firstWaitMs * 2 ** Math.min(target.failures, 20));
    // Not all at once, when the receiver is back; and not at once.
    const wait = longest / 2 + (chance() * longest) / 2;
    const asked = failure?.next.retryAfterMs ?? 0;
    return { state: 'waiting', retryAt: Math.ceil(now() + Math.max(wait, asked)), code, note };
  };

  const bring = async (target: AlertTarget, sealed: Buffer | null, delivery: Delivery) => {
    let outcome: Outcome;
    try {
      await send(target, sealed, delivery);
      outcome = { state: 'sent', at: now() };
    } catch (error) {
      outcome = outcomeOf(target, delivery, error);
    }
    try {
      await store.noteOutcome(delivery, outcome);
      if (outcome.state === 'given-up') gaveUp(target, delivery, outcome.code);
      done += 1;
      if (done % FORGET_EVERY === 0) await store.forgetDone(MOST_KEPT);
    } catch (error) {
      failed(error as Error);
    }
  };

  return {
    isDue: async () => (await ready()).length > 0,
    async deliver() {
      for (const { target, sealed, delivery } of await ready()) {
        const brought = bring(target, sealed, delivery).finally(() => underWay.delete(target.key));
        underWay.set(target.key, brought);
      }
      let timer: NodeJS.Timeout | undefined;
      const enough = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, ROUND_MS);
      });
      await Promise.race([Promise.all(underWay.values()), enough]);
      clearTimeout(timer);
    },
    settled: async () => void (await Promise.all(underWay.values())),
  };
}

/** What others have said may hold anything. */
const shorten = (text: string): string =>
  text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]+/gu, ' ').slice(0, MOST_NOTE_CHARS);
