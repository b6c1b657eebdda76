/** What a detector has found: a reason to look, never a verdict. With the votes that it is about, and the figures to check it by. */
import type { RatingCode } from '../tally.ts';
import type { VoteRef } from '../verdicts/judged-vote.ts';

export const DETECTORS = [
  'compensation',
  'run',
  'participation',
  'ceiling',
  'ending',
  'imported',
  'mix',
  'crowd',
] as const;
export type Detector = (typeof DETECTORS)[number];

/** A vote as detectors see it; in the order in which votes are judged. */
export type SeenVote = VoteRef & { at: number; rating: RatingCode };

/** `figures` are named with their units; `limit` is what the deciding one was held against. */
export type Flag = {
  detector: Detector;
  /** Press times of the first and the last vote that it is about; null where it is about a period as a whole. */
  from: number | null;
  to: number | null;
  votes: readonly VoteRef[];
  figures: Readonly<Record<string, number>>;
  limit: number;
};

export function flagOf(
  detector: Detector,
  about: readonly SeenVote[],
  figures: Readonly<Record<string, number>>,
  limit: number,
): Flag {
  return {
    detector,
    from: about[0]?.at ?? null,
    to: about.at(-1)?.at ?? null,
    votes: about.map(({ sourceKey, seq }) => ({ sourceKey, seq })),
    figures,
    limit,
  };
}
