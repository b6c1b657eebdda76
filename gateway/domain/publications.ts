/** Figures that were published, and how far they are from those of today. */
import type { FigureRules, SpanFigures } from '../../protocol/score.ts';
import type { Counts } from '../../protocol/vote.ts';
import { votesIn } from './tally.ts';
import type { RuleVersion } from './verdicts/rule-versions.ts';

/** The audit's word for it. */
export const PUBLICATION_ADDED = 'publications.add';

export type PublishedNode = { kind: 'unit' | 'window'; id: string; name: string; path: string[] };
export type PublishedHead = {
  id: string;
  version: number;
  title: string;
  node: PublishedNode;
  /** UTC milliseconds, `to` not included; the name is a period as one may ask for it. */
  period: { name: string; from: number; to: number; timeZone: string };
  madeAt: number;
  madeBy: string;
  /** Why; of a correction, what was wrong. */
  reason: string;
  /** The version that this one corrects; null for the first. */
  corrects: number | null;
};
export type PublishedSpan = { from: number; to: number };
/** Called as it was when it last stood there. `stood`: null where that was all the time; else what was pressed meanwhile is here, and no more. */
export type PublishedWindow = SpanFigures & {
  id: string;
  name: string;
  path: string[];
  stood: PublishedSpan[] | null;
};
/** The total is the sum of the windows: of each what was pressed while it stood below the unit. All is of one moment. */
export type PublishedBody = {
  format: 'manyi/publication/1';
  figures: FigureRules;
  /** Of the data: two publications of a place and period in which all counts are the same have the same one. */
  revision: string;
  ruleVersions: (RuleVersion & { madeAt: number; reason: string })[];
  /** `whole`: nothing is held back. `steps`: only what was shown at the counter by then, for those who may stand there. */
  privacy: 'whole' | 'steps';
  total: SpanFigures;
  windows: PublishedWindow[];
  /** What was shown of each window at the counter by then, in their order; null where the period is not made of days as they are shown, or a window did not stand there, in steps, since before it began. */
  shown: Counts[] | null;
};

/** What all figures follow from. */
export type Tallied = Pick<SpanFigures, 'counts' | 'pressed' | 'excluded' | 'discounted'>;

/** Of one place: what was published, and what it is now by the formulas that it was published with. */
export type Compared = { rate: number | null; votes: number; pressed: number };
export type PlaceDifference = { published: Compared; today: Compared };

export const comparedOf = ({ rate, votes, pressed }: SpanFigures): Compared => ({
  ...{ rate, votes, pressed: votesIn(pressed) },
});

export function isSameFigures(a: Tallied, b: Tallied): boolean {
  return countsIn(a) === countsIn(b);
}

/** Every number that is counted, as a text. */
export const countsIn = ({ counts, pressed, excluded, discounted }: Tallied): string =>
  JSON.stringify(
    [counts, pressed, excluded].map((of) => of && [of.satisfied, of.basically, of.unsatisfied]),
  ) + JSON.stringify(Object.entries(discounted?.reasons ?? {}).sort());

/** `votes`: more or fewer are stored; `people`: what is excluded or dismissed; `rules`: versions were written since; `other`: none of them. */
export const CAUSES = ['votes', 'people', 'rules', 'other'] as const;
export type Cause = (typeof CAUSES)[number];

export function causesOf(
  pairs: readonly (readonly [before: Tallied, now: Tallied])[],
  versionsSince: number,
): Cause[] {
  const causes: Cause[] = [];
  const differs = (of: (figures: Tallied) => number) => pairs.some(([before, now]) => of(before) !== of(now));
  if (differs(({ pressed }) => votesIn(pressed))) causes.push('votes');
  const byPeople = ({ excluded, discounted }: Tallied) =>
    (excluded ? votesIn(excluded) : 0) + (discounted?.reasons.dismissed ?? 0);
  if (differs(byPeople)) causes.push('people');
  if (versionsSince > 0) causes.push('rules');
  return causes.length > 0 ? causes : ['other'];
}
