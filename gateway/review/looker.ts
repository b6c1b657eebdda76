/** When detectors look: at each window once after a day has ended, again now and then, and soon where a late vote has come. */
import type { Calendar, DayNumber } from '../domain/calendar.ts';
import type { OrgTree } from '../domain/org.ts';
import type { AuditLine, By } from '../store/changes.ts';
import type { Lease } from '../store/leases.ts';
import type { Looked, NewReview, ReviewsStore } from '../store/reviews.ts';
import type { DaySums } from './day-sums.ts';
import { daySumsOf, lookAtWindow } from './look.ts';

export type LookerDeps = {
  store: ReviewsStore;
  tree: () => OrgTree;
  calendar: Calendar;
  now: () => number;
  monotonic: () => number;
  closedAt(windowKey: number, day: DayNumber): number | null;
};

export type Looker = {
  /** Asks the database once a minute at the most. @throws StoreFailure */
  isDue(): Promise<boolean>;
  /** Some windows. @returns how many reviews were opened. @throws StoreFailure, LeaseLost */
  look(lease: Lease): Promise<number>;
  /** A vote is stored. */
  voted(windowKey: number, at: number): void;
};

const BY: By = { actor: { kind: 'gateway' }, origin: 'local' };
/** Late votes come together: they are looked at when no more have come for so long. */
const SETTLED_MS = 3_000;
/** After midnight: what terminals had on their way is there. */
const GRACE_MS = 30 * 60_000;
/** What late votes have changed and nobody has told of. */
const AGAIN_MS = 6 * 3_600_000;
const ASK_MS = 60_000;
/** In one round, between whose windows votes are taken. */
const WINDOWS_AT_ONCE = 20;
const ROUND_MS = 200;
/** Of a hall with hundreds of windows these are enough to tell. */
const MOST_SIBLINGS = 40;
/** A sibling's sums are read once for its hall. */
const SUMS_KEPT = 256;
const SUMS_KEPT_MS = 60_000;

/** Of one connection each answer is there at once: without this nothing else would have a turn. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

export function createLooker(deps: LookerDeps): Looker {
  const { store, tree, calendar, now, monotonic } = deps;
  /** Windows with late votes, and when the last one came. */
  const late = new Map<number, number>();
  let asksAt = Number.NEGATIVE_INFINITY;
  const kept = new Map<number, { sums: DaySums; readAt: number }>();

  const readSums = async (windowKey: number): Promise<DaySums> => {
    const sums = await daySumsOf({ store, calendar, now }, windowKey);
    if (kept.size >= SUMS_KEPT) kept.clear();
    kept.set(windowKey, { sums, readAt: monotonic() });
    await turn();
    return sums;
  };
  const sumsOf = async (windowKey: number): Promise<DaySums> => {
    const known = kept.get(windowKey);
    return known && monotonic() - known.readAt < SUMS_KEPT_MS ? known.sums : readSums(windowKey);
  };
  const siblingsOf = async (windowKey: number): Promise<DaySums[]> => {
    const { windowByKey, windowsOf } = tree();
    const unitId = windowByKey.get(windowKey)?.unitId;
    const others = (windowsOf.get(unitId ?? '') ?? []).filter(({ key }) => key !== windowKey);
    const sums: DaySums[] = [];
    for (const { key } of others.slice(0, MOST_SIBLINGS)) sums.push(await sumsOf(key));
    return sums;
  };
  const ripe = () => [...late].filter(([, at]) => monotonic() - at >= SETTLED_MS).map(([key]) => key);
  /** What was looked at before is to be looked at again. */
  const since = () => {
    const dayEnded = calendar.startOf(calendar.dayOf(now())) + GRACE_MS;
    return Math.max(now() - AGAIN_MS, now() >= dayEnded ? dayEnded : 0);
  };
  const chosen = async (): Promise<number[]> => {
    const some = ripe().slice(0, WINDOWS_AT_ONCE);
    if (some.length > 0 || monotonic() < asksAt) return some;
    const due = await store.dueWindows(since(), WINDOWS_AT_ONCE);
    if (due.length === 0) asksAt = monotonic() + ASK_MS;
    return due;
  };

  return {
    isDue: async () => (await chosen()).length > 0,
    async look(lease) {
      const begun = monotonic();
      let opened = 0;
      const looks: Looked[] = [];
      for (const windowKey of await chosen()) {
        if (looks.length > 0 && monotonic() - begun > ROUND_MS) break;
        // What was read before a late vote came says nothing of it.
        const sums = await (late.delete(windowKey) ? readSums : sumsOf)(windowKey);
        const { looked, found } = await lookAtWindow({ ...deps, turn, siblingsOf }, windowKey, sums);
        if (found.length > 0) opened += await open(store, found, lease);
        looks.push(looked);
        await turn();
      }
      await store.noteLooked(looks, lease);
      return opened;
    },
    voted(windowKey, at) {
      if (calendar.dayOf(at) < calendar.dayOf(now())) late.set(windowKey, monotonic());
    },
  };
}

/** Those that are new, or about more votes now; each has its line in the audit. @returns how many are new */
function open(store: ReviewsStore, found: readonly NewReview[], lease: Lease): Promise<number> {
  return store.change(async (tx) => {
    const lines: AuditLine[] = [];
    let isNew = 0;
    for (const review of found) {
      const opened = await tx.open(review, BY.actor, '');
      if (opened === null) continue;
      if (opened.isNew) isNew += 1;
      const { detector, version, windowKey, votes } = review;
      lines.push({
        ...{ by: BY, action: opened.isNew ? 'review.open' : 'review.renew' },
        target: { kind: 'review', id: opened.id },
        detail: { detector, version, windowKey, votes: votes.length },
      });
    }
    const [first, ...more] = lines;
    return first ? tx.audited([first, ...more], isNew) : tx.unchanged(0);
  }, lease);
}
