/** The alerts that are not closed, and when people have last closed one of each cause, in memory: what has changed is read, and no more. */
import type { AlertKind } from '../../protocol/alert.ts';
import { type Cause, causeOf } from '../domain/alerts/found.ts';
import type { AlertReads, AlertRecord, ChangedAlert } from '../store/alerts.ts';

/** So far back somebody's word about a cause holds. */
const SETTLED_MS = 35 * 24 * 3_600_000;
const FORGET_EVERY_MS = 3_600_000;
/** Many may be open: in doubt they are all read at most so often. */
const DOUBT_EVERY_MS = 10_000;
/** Settled by when votes were received: `vote-watch.ts`. */
const VOTE_KINDS: readonly AlertKind[] = ['unsatisfied', 'unsatisfied-rising'];

export type KnownAlerts = {
  /** @returns whether anything is another, and the causes that people have settled. @throws StoreFailure, and all is as it was */
  follow(): Promise<{ isAny: boolean; settled: readonly Cause[] }>;
  /** There is one that is not known here: all are read again, whatever the version. */
  doubt(): void;
  /** Oldest first; another list whenever one of them is another. */
  open(): readonly AlertRecord[];
  settledAt(cause: string): number | undefined;
  /** … of causes that are no votes. */
  settledStanding(): ReadonlyMap<string, number>;
};

export type KnownAlertsDeps = {
  store: Pick<AlertReads, 'noted' | 'open' | 'changedSince' | 'settledSince'>;
  reloadRules(): Promise<void>;
  now: () => number;
};

export function createKnownAlerts({ store, reloadRules, now }: KnownAlertsDeps): KnownAlerts {
  let known = { version: -1, rules: -1 };
  let forgotAt = now();
  let isDoubtful = false;
  let doubtedAt = Number.NEGATIVE_INFINITY;
  let open: readonly AlertRecord[] = [];
  const byId = new Map<string, AlertRecord>();
  const ofVotes = new Map<string, number>();
  const ofOthers = new Map<string, number>();

  const settle = ({ at, ...cause }: Cause & { at: number }): Cause[] => {
    const those = VOTE_KINDS.includes(cause.kind) ? ofVotes : ofOthers;
    const name = causeOf(cause);
    if ((those.get(name) ?? Number.NEGATIVE_INFINITY) >= at) return [];
    those.set(name, at);
    return [cause];
  };
  const forget = () => {
    if (now() - forgotAt < FORGET_EVERY_MS) return;
    forgotAt = now();
    for (const those of [ofVotes, ofOthers])
      for (const [name, at] of those) if (at < now() - SETTLED_MS) those.delete(name);
  };
  const take = (changed: readonly AlertRecord[]): Cause[] =>
    changed.flatMap((alert) => {
      if (alert.closedAt === null) byId.set(alert.id, alert);
      else byId.delete(alert.id);
      const { kind, node, closedAt: at, closedBy } = alert;
      return at === null || closedBy === 'gateway' ? [] : settle({ kind, node, at });
    });
  /** Read in an order that misses nothing: what is closed in between is closed in the next version. */
  const readAll = async (): Promise<Cause[]> => {
    await reloadRules();
    const before = await store.settledSince(now() - SETTLED_MS);
    const all = await store.open();
    byId.clear();
    open = all;
    return [...before.flatMap(settle), ...take(all)];
  };

  return {
    async follow() {
      const noted = await store.noted();
      const mustReadAll = isDoubtful && now() - doubtedAt >= DOUBT_EVERY_MS;
      if (noted.version === known.version && !mustReadAll) return { isAny: false, settled: [] };
      const isFirst = known.version < 0;
      const changed = isFirst || mustReadAll ? null : await store.changedSince(known.version);
      let settled: Cause[];
      if (changed !== null && isAccounted(known, noted, changed)) {
        if (noted.rules !== known.rules) await reloadRules();
        settled = take(changed);
        if (changed.length > 0) open = [...byId.values()];
      } else {
        settled = await readAll();
        if (mustReadAll) doubtedAt = now();
        isDoubtful = false;
      }
      known = noted;
      forget();
      return { isAny: true, settled };
    },
    doubt() {
      isDoubtful = true;
    },
    open: () => open,
    settledAt: (cause) => ofVotes.get(cause) ?? ofOthers.get(cause),
    settledStanding: () => ofOthers,
  };
}

type Noted = { version: number; rules: number };

/**
 * Is it known of each version what has changed with it? Not where an older gateway writes, which says of nothing that it has changed, and not
 * where the same alert has changed twice.
 */
function isAccounted(known: Noted, noted: Noted, changed: readonly ChangedAlert[]): boolean {
  const versions = new Set(changed.map((alert) => alert.noted).filter((version) => version <= noted.version));
  if (noted.rules > known.version) versions.add(noted.rules);
  return versions.size === noted.version - known.version;
}
