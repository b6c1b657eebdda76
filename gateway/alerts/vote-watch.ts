/**
 * What the counted votes of each window give cause for. A vote that comes in the order of time is added to what is in memory; of a
 * window where anything else has happened (a late vote, another verdict, an exclusion) all is folded again from what is stored.
 */
import { causeOf, type Found, undecided } from '../domain/alerts/found.ts';
import { sumRuleOf } from '../domain/alerts/rising.ts';
import {
  addMoment,
  foldVotes,
  isOver,
  NO_VOTES,
  type VoteRules,
  type WindowVotes,
} from '../domain/alerts/window-votes.ts';
import { MINUTE_MS } from '../domain/calendar.ts';
import type { OrgTree } from '../domain/org.ts';
import type { AlertReads } from '../store/alerts.ts';
import type { AlertBook } from './alert-book.ts';

/** The sum is folded from so far back: from 0, and where it has been at 0 since then it is the same as from the first vote on. */
const SUM_LOOK_BACK_MS = 28 * 24 * 60 * MINUTE_MS;

/** Unsatisfied ones have the code 2. */
export type SeenVote = { windowKey: number; rating: number; at: number };

export type VoteWatch = {
  /** A vote is stored. @param counts as far as is known */
  stored(vote: SeenVote, counts: boolean): void;
  /** Something about this window's votes is another, or about any. */
  doubt(windowKey?: number): void;
  /** Folds again what is in doubt, for so long at the most. @throws StoreFailure */
  catchUp(budgetMs: number): Promise<void>;
  found(now: number): Found[];
  /** Is there anything that has not been folded, or found? */
  isFresh(): boolean;
};

export type VoteWatchDeps = {
  store: Pick<AlertReads, 'countedVotes'>;
  book: Pick<AlertBook, 'ofWindow' | 'revision'>;
  tree: () => OrgTree;
  now: () => number;
  monotonic: () => number;
  /** When a person has last closed an alert of this cause: what was received before is settled. */
  settledAt(cause: string): number;
};

const sumCause = (id: string) => ({ kind: 'unsatisfied-rising', node: `window:${id}` }) as const;
const singleCause = (id: string) => ({ kind: 'unsatisfied', node: `window:${id}` }) as const;

export function createVoteWatch(deps: VoteWatchDeps): VoteWatch {
  const { store, book, tree, now, monotonic, settledAt } = deps;
  let windows = new Map<number, WindowVotes>();
  /** Of these nothing is known. */
  let doubted = new Set<number>();
  let knownBy = { revision: '', tree: tree() };
  /** As of `knownBy`, for every vote that is stored: what is said by others meanwhile is folded anew. */
  let rulesOfWindows = new Map<number, VoteRules>();
  let isFresh = true;

  const rulesOf = (windowId: string): VoteRules => {
    const { rising, unsatisfied } = book.ofWindow(windowId);
    return {
      sum: rising && sumRuleOf(rising),
      singleMs: unsatisfied && unsatisfied.closesAfterMinutes * MINUTE_MS,
    };
  };
  const rulesFor = (windowKey: number): VoteRules | null => {
    let rules = rulesOfWindows.get(windowKey) ?? null;
    const serviceWindow = rules ? undefined : tree().windowByKey.get(windowKey);
    if (serviceWindow) {
      rules = rulesOf(serviceWindow.id);
      rulesOfWindows.set(windowKey, rules);
    }
    return rules;
  };
  const isWatched = ({ sum, singleMs }: VoteRules) => sum !== null || singleMs !== null;

  /** By other rules, or in another tree, everything may be another. */
  const look = () => {
    const revision = book.revision(now());
    if (revision === knownBy.revision && tree() === knownBy.tree) return;
    knownBy = { revision, tree: tree() };
    windows = new Map();
    rulesOfWindows = new Map();
    const watched = tree().windows.flatMap(({ id, key }) => (isWatched(rulesOf(id)) ? key : []));
    // Those that wait already come first: else the last of the tree would wait while people decide one thing after another.
    const all = new Set(watched);
    doubted = new Set([...[...doubted].filter((key) => all.has(key)), ...watched]);
    isFresh = true;
  };

  const fold = async (windowKey: number) => {
    const serviceWindow = tree().windowByKey.get(windowKey);
    doubted.delete(windowKey);
    windows.delete(windowKey);
    if (!serviceWindow) return;
    const rules = rulesOf(serviceWindow.id);
    if (!isWatched(rules)) return;
    const lookBackMs = rules.sum ? SUM_LOOK_BACK_MS : (rules.singleMs as number);
    try {
      const votes = await store.countedVotes(windowKey, now() - lookBackMs);
      // It was doubted again while it was read.
      if (doubted.has(windowKey)) return;
      const since = (cause: Parameters<typeof causeOf>[0]) => settledAt(causeOf(cause));
      const settled = [since(sumCause(serviceWindow.id)), since(singleCause(serviceWindow.id))] as const;
      const [ofSum, ofSingle] = settled.map((at) =>
        foldVotes(
          votes.filter(({ receivedAt }) => receivedAt > at),
          rules,
        ),
      ) as [WindowVotes, WindowVotes];
      const lastAt = votes.reduce((last, { at }) => Math.max(last, at), NO_VOTES.lastAt);
      windows.set(windowKey, { lastAt, sum: ofSum.sum, rising: ofSum.rising, single: ofSingle.single });
    } catch (error) {
      doubted.add(windowKey);
      throw error;
    }
  };

  return {
    stored({ windowKey, rating, at }, counts) {
      isFresh = true;
      if (doubted.has(windowKey)) return;
      const rules = rulesFor(windowKey);
      if (!rules || !isWatched(rules) || !counts) return;
      const known = windows.get(windowKey);
      if (!known || at <= known.lastAt) {
        doubted.add(windowKey);
        return;
      }
      const unsatisfied = rating === 2 ? 1 : 0;
      windows.set(windowKey, addMoment(known, { at, unsatisfied, others: 1 - unsatisfied }, rules));
    },
    doubt(windowKey) {
      isFresh = true;
      if (windowKey !== undefined) doubted.add(windowKey);
      else knownBy = { ...knownBy, revision: '' };
    },
    async catchUp(budgetMs) {
      look();
      const begun = monotonic();
      for (const windowKey of doubted) {
        await fold(windowKey);
        if (monotonic() - begun > budgetMs) break;
      }
    },
    found(at) {
      look();
      const found: Found[] = [];
      for (const { id, key, unitId } of tree().windows) {
        const { rising, unsatisfied } = book.ofWindow(id);
        if (!rising && !unsatisfied) continue;
        if (doubted.has(key)) {
          found.push(undecided(sumCause(id), unitId), undecided(singleCause(id), unitId));
          continue;
        }
        const votes = windows.get(key) ?? NO_VOTES;
        if (rising && votes.rising) {
          const { usual, watched, height, closesAt, isUrgent } = rising;
          const detail = { sum: votes.sum, usual, watched, height, closesAt };
          found.push({ ...sumCause(id), unitId, state: 'holds', ...votes.rising, isUrgent, detail });
        }
        if (unsatisfied && votes.single) {
          const { closesAfterMinutes, isUrgent } = unsatisfied;
          if (isOver(votes.single, at, closesAfterMinutes * MINUTE_MS)) continue;
          const detail = { closesAfterMinutes };
          found.push({ ...singleCause(id), unitId, state: 'holds', ...votes.single, isUrgent, detail });
        }
      }
      isFresh = doubted.size > 0;
      return found;
    },
    isFresh: () => isFresh,
  };
}
