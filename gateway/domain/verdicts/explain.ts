/** From what the rules have found of a press to its verdict, with what a person needs to check it. */
import { gapOf, type JudgedVote, refOf } from './judged-vote.ts';
import { codeOf, type Press } from './press.ts';
import type { RegularRun } from './regularity.ts';
import type { Judgement } from './verdict.ts';

/** What a press is part of, where that speaks against it. */
export type PartOf = { regular?: RegularRun; burst?: { first: Press; last: Press } };

export function explain(press: Press, { regular, burst }: PartOf): Judgement {
  const { vote, rules, kept, correctedBy } = press;
  const { id } = rules;
  switch (codeOf(press)) {
    case 'stuck':
      return regular ? stuckIn(regular, press) : rules.counted;
    case 'superseded': {
      const { vote: later } = correctedBy as Press;
      return { rules: id, code: 'superseded', ...apart(vote, later, later), mostMs: rules.changeOfMindMs };
    }
    case 'too-soon':
      return {
        rules: id,
        code: 'too-soon',
        ...apart(kept.vote, vote, kept.vote),
        leastMs: rules.pressIntervalMs,
      };
    case 'burst': {
      if (!burst) return rules.counted;
      const { first, last } = burst;
      return {
        ...{ rules: id, code: 'burst', first: refOf(first.vote), last: refOf(last.vote) },
        ...{ presses: rules.burstPresses + 1, spanMs: last.vote.at - first.vote.at },
        ...{ most: rules.burstPresses, withinMs: rules.burstSpanMs },
      };
    }
    default:
      return rules.counted;
  }
}

function apart(earlier: JudgedVote, later: JudgedVote, by: JudgedVote) {
  return { by: refOf(by), gapMs: gapOf(earlier, later) };
}

function stuckIn({ first, last, presses, sumMs, squares }: RegularRun, { rules }: Press): Judgement {
  const gaps = presses - 1;
  const deviation = Math.sqrt(Math.max(0, gaps * squares - sumMs * sumMs));
  return {
    ...{ rules: rules.id, code: 'stuck', cause: 'regular', first: refOf(first.vote), last: refOf(last.vote) },
    ...{ presses, meanGapMs: sumMs / gaps, variationPercent: (100 * deviation) / sumMs },
    leastPercent: rules.stuckVariationPercent,
  };
}
