/** Judges what is stored, for the store: of a stretch of one window's votes all that they say of each other. */

import { affectedSpan, reachOf } from '../domain/verdicts/reach.ts';
import { verdictsOf } from '../domain/verdicts/verdicts-of.ts';
import type { Judging } from '../store/verdicts.ts';
import { codeOfVerdict, judgedOf } from './judged.ts';
import type { RuleBook } from './rule-book.ts';

export const judgeStored = ({ rulesOf, versions }: Pick<RuleBook, 'rulesOf' | 'versions'>): Judging => ({
  versions: () => versions().length,
  reachOf(windowKey, { from, to }) {
    const reach = reachOf(rulesOf(windowKey).all);
    const [first, last] = [affectedSpan(from, reach), affectedSpan(to, reach)];
    return {
      affected: { from: first.affected.from, to: last.affected.to },
      needed: { from: first.needed.from, to: last.needed.to },
    };
  },
  verdictsOf: (windowKey, votes) =>
    verdictsOf(
      votes.map((vote) => judgedOf(vote, vote.terminalKey, vote.isPlaced)),
      rulesOf(windowKey),
    ).map(({ code }) => codeOfVerdict(code)),
});
