/** R10 and R12: records of other systems that no citizen can have given so. */
import { type Flag, flagOf, type SeenVote } from './flag.ts';

/** What is known of a vote that nobody has pressed at the window. */
export type RecordFacts = {
  receivedAt: number;
  /** Of the service that was rated; null where nobody knows. */
  service: string | null;
  tags: readonly string[];
  isImputed: boolean;
};

export type ImportedVote = SeenVote & RecordFacts;

export const IMPORTED = {
  least: 20,
  leastGapMs: 1_000,
  gapDeviationMs: 1_000,
  sameServiceMs: 10_000,
} as const;

/** @param votes of one source and window, in order. @returns what speaks against them; each kind at most once, but for services. */
export function findImported(votes: readonly ImportedVote[], rule = IMPORTED): Flag[] {
  const own = votes.filter(({ isImputed }) => !isImputed);
  return [
    ...imputed(votes),
    ...constantTags(own, rule.least),
    ...constantGap(own, rule),
    ...ratedTwice(own, rule.sameServiceMs),
  ];
}

function imputed(votes: readonly ImportedVote[]): Flag[] {
  const given = votes.filter(({ isImputed }) => isImputed);
  return given.length === 0
    ? []
    : [flagOf('imported', given, { imputed: given.length, votes: votes.length }, 0)];
}

/** Citizens who tick something tick different things; those who tick nothing say nothing about each other. */
function constantTags(votes: readonly ImportedVote[], least: number): Flag[] {
  const tagged = votes.filter(({ tags }) => tags.length > 0);
  if (tagged.length < least) return [];
  const sets = new Set(tagged.map(({ tags }) => JSON.stringify([...tags].sort())));
  return sets.size > 1 ? [] : [flagOf('imported', tagged, { tagged: tagged.length, tagSets: 1 }, least)];
}

/**
 * From the event to its receipt: a program that writes ratings takes the same time for each. What is told as it is given comes within a
 * moment, and says nothing.
 */
function constantGap(
  votes: readonly ImportedVote[],
  { least, leastGapMs, gapDeviationMs: mostMs }: typeof IMPORTED,
): Flag[] {
  if (votes.length < least) return [];
  const gaps = votes.map(({ at, receivedAt }) => receivedAt - at);
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const deviationMs = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length);
  if (mean < leastGapMs || deviationMs >= mostMs) return [];
  return [flagOf('imported', votes, { votes: votes.length, meanGapMs: mean, deviationMs }, mostMs)];
}

function ratedTwice(votes: readonly ImportedVote[], withinMs: number): Flag[] {
  const services = new Map<string, ImportedVote[]>();
  for (const vote of votes) {
    if (vote.service === null) continue;
    const known = services.get(vote.service);
    if (known) known.push(vote);
    else services.set(vote.service, [vote]);
  }
  return [...services.values()].flatMap((same) => {
    const close = same.filter((vote, index) => {
      const [before, after] = [same[index - 1], same[index + 1]];
      return (
        (before !== undefined && vote.at - before.at <= withinMs) ||
        (after !== undefined && after.at - vote.at <= withinMs)
      );
    });
    return close.length < 2
      ? []
      : [flagOf('imported', close, { ratingsOfOneService: close.length }, withinMs)];
  });
}
