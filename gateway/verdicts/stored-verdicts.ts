/** Judges what is stored, for the store: of a stretch of one window's votes all that they say of each other. */
import type { JudgedVote } from '../domain/verdicts/judged-vote.ts';
import { affectedSpan, type Reach, reachOf } from '../domain/verdicts/reach.ts';
import { verdictCodesOf } from '../domain/verdicts/verdict-codes.ts';
import type { WindowRules } from '../domain/verdicts/window-rules.ts';
import type { Judging } from '../store/verdicts.ts';
import { codeOfVerdict, judgedOf } from './judged.ts';
import type { LiveVerdictsDeps } from './live-verdicts.ts';
import type { RuleBook } from './rule-book.ts';

/** All votes of a window that were pressed from a moment on, as they are stored. */
export type SeenWindow = { windowKey: number; from: number; votes: readonly JudgedVote[] };

export type StoredJudging = Judging & {
  /** Windows that were seen up to now since it was last asked. */
  takeSeen(): SeenWindow[];
};

export function judgeStored(
  { rulesOf, groundRevision }: Pick<RuleBook, 'rulesOf' | 'groundRevision'>,
  { now, aheadMs }: Pick<LiveVerdictsDeps, 'now' | 'aheadMs'>,
): StoredJudging {
  // Nearly all windows share their rules.
  const reaches = new WeakMap<WindowRules, Reach>();
  const reachAt = (windowKey: number): Reach => {
    const rules = rulesOf(windowKey);
    const known = reaches.get(rules) ?? reachOf(rules.all);
    reaches.set(rules, known);
    return known;
  };
  let seen = new Map<number, SeenWindow>();
  return {
    revision: groundRevision,
    reachOf(windowKey, { from, to }) {
      const reach = reachAt(windowKey);
      const [first, last] = [affectedSpan(from, reach), affectedSpan(to, reach)];
      return {
        affected: { from: first.affected.from, to: last.affected.to },
        needed: { from: first.needed.from, to: last.needed.to },
      };
    },
    verdictsOf(windowKey, stored, { from, to }) {
      const votes = stored.map((vote) => judgedOf(vote, vote.terminalKey, vote.isPlaced));
      if (to >= now() + aheadMs) seen.set(windowKey, { windowKey, from, votes });
      return verdictCodesOf(votes, rulesOf(windowKey)).map(codeOfVerdict);
    },
    takeSeen() {
      const all = [...seen.values()];
      seen = new Map();
      return all;
    },
  };
}
