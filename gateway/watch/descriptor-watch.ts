/** Whether there are descriptors enough for every terminal and wall; said at the start, and while they run out. */
import type { Logger } from 'pino';
import { descriptorLimit, lowestFreeDescriptor } from '../../protocol/process/descriptors.ts';

/** The database, its log, the programs' own, and requests that come and go. */
const OWN = 300;
const SHORT = 0.9;
const SAID_EVERY_MS = 60_000;
const WHAT_TO_DO = 'raise LimitNOFILE= in the service, or `ulimit -n`';

export type DescriptorWatchDeps = {
  log: Logger;
  /** Terminals that may come, and walls. */
  terminals: () => number;
  maxWalls: number;
  monoMs: () => number;
  /** For tests; otherwise what the system says. */
  limit?: number | null;
  lowestFree?: () => number | null;
};

/** @returns looks again. */
export function watchDescriptors(deps: DescriptorWatchDeps): () => void {
  const { log, terminals, maxWalls, monoMs, lowestFree = lowestFreeDescriptor } = deps;
  const limit = deps.limit === undefined ? descriptorLimit() : deps.limit;
  const needed = terminals() + maxWalls + OWN;
  if (limit !== null && limit < needed)
    log.warn(
      { code: 'descriptors-few', limit, needed, terminals: terminals() },
      `files and connections may run out when all terminals and walls are there: ${WHAT_TO_DO}`,
    );
  let saidAt = Number.NEGATIVE_INFINITY;
  return () => {
    const free = lowestFree();
    if (free !== null && (limit === null || free < limit * SHORT)) return;
    if (monoMs() - saidAt < SAID_EVERY_MS) return;
    saidAt = monoMs();
    if (free === null)
      log.error(
        { code: 'descriptors-none', limit },
        `terminals and walls are turned away, since no more connections can be opened: ${WHAT_TO_DO}`,
      );
    else log.warn({ code: 'descriptors-few', limit, inUse: free }, `nearly as many as may be: ${WHAT_TO_DO}`);
  };
}
