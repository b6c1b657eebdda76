/** Figures that were published, and how far they are from those of today. */
import type { FigureRules, SpanFigures } from '../../protocol/score.ts';
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
/** A window's are all its votes, wherever it stood; the total's are those of whatever stood below the unit when they were pressed. */
export type PublishedBody = {
  format: 'manyi/publication/1';
  figures: FigureRules;
  /** Of the data: see `Scores`. */
  revision: string;
  ruleVersions: (RuleVersion & { madeAt: number; reason: string })[];
  /** What is held back at the counter is not held back here: it is for those who see the whole city. */
  privacy: 'whole';
  total: SpanFigures;
  windows: (SpanFigures & { id: string; name: string; path: string[] })[];
};

/** Of one place: what was published, and what it is now by the formulas that it was published with. */
export type Compared = { rate: number | null; votes: number; pressed: number };
export type PlaceDifference = { published: Compared; today: Compared };

export const comparedOf = ({ rate, votes, pressed }: SpanFigures): Compared => ({
  ...{ rate, votes, pressed: votesIn(pressed) },
});

/** Every number that is counted: from them follow all others. */
export function isSameFigures(a: SpanFigures, b: SpanFigures): boolean {
  return countsIn(a) === countsIn(b);
}

const countsIn = ({ counts, pressed, excluded, discounted }: SpanFigures): string =>
  JSON.stringify(
    [counts, pressed, excluded].map((of) => of && [of.satisfied, of.basically, of.unsatisfied]),
  ) + JSON.stringify(Object.entries(discounted?.reasons ?? {}).sort());

/** `votes`: more or fewer are stored; `people`: what is excluded or dismissed; `rules`: versions were written since; `other`: none of them. */
export const CAUSES = ['votes', 'people', 'rules', 'other'] as const;
export type Cause = (typeof CAUSES)[number];

export function causesOf(
  pairs: readonly (readonly [before: SpanFigures, now: SpanFigures])[],
  versionsSince: number,
): Cause[] {
  const causes: Cause[] = [];
  const differs = (of: (figures: SpanFigures) => number) =>
    pairs.some(([before, now]) => of(before) !== of(now));
  if (differs(({ pressed }) => votesIn(pressed))) causes.push('votes');
  const byPeople = ({ excluded, discounted }: SpanFigures) =>
    (excluded ? votesIn(excluded) : 0) + (discounted?.reasons.dismissed ?? 0);
  if (differs(byPeople)) causes.push('people');
  if (versionsSince > 0) causes.push('rules');
  return causes.length > 0 ? causes : ['other'];
}
