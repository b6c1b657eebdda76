/** Places by the rate, made again only for a group whose votes have changed: of a whole city they are some thousand exact limits. */
import type { FigureRules, Place } from '../../protocol/score.ts';
import type { Counts } from '../../protocol/vote.ts';
import { exactLimits } from '../domain/statistics/exact-limits.ts';
import type { Interval } from '../domain/statistics/interval.ts';
import { type KeptRanks, rankedIn, rankKept } from '../domain/statistics/kept-ranks.ts';
import { PAIRS_AT_MOST, rankByRate } from '../domain/statistics/ranks.ts';

/** Nodes in all groups together whose places are kept; those that were asked for last. */
const NODES_KEPT = 200_000;
const LIMITS_KEPT = 50_000;

export type Places = {
  /**
   * In the order of `nodes`; null where the sample is insufficient.
   * @param group by what the same nodes are known the next time
   */
  of(group: string, nodes: readonly Counts[]): readonly (Place | null)[];
};

type Kept = {
  votes: Float64Array;
  rules: FigureRules;
  places: readonly (Place | null)[];
  /** Of so many that they are kept in order. */
  ranks: KeptRanks | null;
};

export function createPlaces(figures: () => FigureRules): Places {
  const groups = new Map<string, Kept>();
  let nodesKept = 0;
  const limitsOf = rememberLimits();
  const drop = (group: string) => {
    nodesKept -= groups.get(group)?.places.length ?? 0;
    groups.delete(group);
  };
  const keptOf = (
    nodes: readonly Counts[],
    votes: Float64Array,
    rules: FigureRules,
    before: KeptRanks | null,
  ): Kept => {
    const { minimum, confidence } = rules;
    const of = rankedIn(votes, minimum);
    if (of > PAIRS_AT_MOST) {
      const ranks = before?.next(votes) ?? rankKept(votes, { minimum, confidence, limitsOf });
      return { votes, rules, places: ranks.places, ranks };
    }
    const places = rankByRate(nodes, { minimum, confidence, limitsOf }).map(({ rank, set }) =>
      rank === null ? null : { rank, best: set.best, worst: set.worst, of },
    );
    return { votes, rules, places, ranks: null };
  };
  return {
    of(group, nodes) {
      const rules = figures();
      const votes = new Float64Array(2 * nodes.length);
      for (let at = 0; at < nodes.length; at++) {
        const { satisfied, basically, unsatisfied } = nodes[at] as Counts;
        votes[2 * at] = satisfied + basically;
        votes[2 * at + 1] = unsatisfied;
      }
      const known = groups.get(group);
      const before = known && isSameBy(known.rules, rules) ? known : null;
      const kept =
        before && areEqual(before.votes, votes) ? before : keptOf(nodes, votes, rules, before?.ranks ?? null);
      drop(group);
      groups.set(group, kept);
      nodesKept += nodes.length;
      for (const [oldest] of groups) {
        if (nodesKept <= NODES_KEPT || oldest === group) break;
        drop(oldest);
      }
      return kept.places;
    },
  };
}

/** A vote changes those of one node; and many nodes of a city have as many votes, of which as many are good. */
function rememberLimits(): typeof exactLimits {
  let keptLevel = 0;
  let size = 0;
  /** By the votes, then by the good ones. */
  const kept = new Map<number, Map<number, Interval>>();
  return (x, n, level) => {
    if (level !== keptLevel || size >= LIMITS_KEPT) {
      kept.clear();
      size = 0;
    }
    keptLevel = level;
    let ofVotes = kept.get(n);
    if (!ofVotes) {
      ofVotes = new Map();
      kept.set(n, ofVotes);
    }
    let limits = ofVotes.get(x);
    if (!limits) {
      limits = exactLimits(x, n, level);
      ofVotes.set(x, limits);
      size += 1;
    }
    return limits;
  };
}

const isSameBy = (a: FigureRules, b: FigureRules) => a.minimum === b.minimum && a.confidence === b.confidence;

function areEqual(a: Float64Array, b: Float64Array): boolean {
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false;
  return a.length === b.length;
}
