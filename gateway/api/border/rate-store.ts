/** How many requests each caller has made in the present window of time, by a clock that nobody sets. */
import type { FastifyRateLimitStore, FastifyRateLimitStoreCtor } from '@fastify/rate-limit';

/** @param maxCallers the one that asked longest ago is forgotten first */
export function createRateStore(monotonic: () => number, maxCallers: number): FastifyRateLimitStoreCtor {
  return class RateStore implements FastifyRateLimitStore {
    private readonly callers = new Map<string, { current: number; since: number }>();

    incr(
      caller: string,
      callback: (error: Error | null, result?: { current: number; ttl: number }) => void,
      windowMs: number,
    ): void {
      const at = monotonic();
      let entry = this.callers.get(caller);
      if (!entry || at - entry.since >= windowMs) entry = { current: 0, since: at };
      entry.current += 1;
      this.callers.delete(caller);
      this.callers.set(caller, entry);
      if (this.callers.size > maxCallers) this.callers.delete(this.callers.keys().next().value as string);
      callback(null, { current: entry.current, ttl: windowMs - (at - entry.since) });
    }

    child(): FastifyRateLimitStore {
      return new RateStore();
    }
  };
}
