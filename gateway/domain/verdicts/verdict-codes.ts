/** Verdicts alone, without their reasons, of a stretch of one window's votes: what `verdictsOf` says, in a fraction of its time. */
import type { Verdict } from '../../../protocol/verdict.ts';
import type { JudgedVote } from './judged-vote.ts';
import { verdictsOf } from './verdicts-of.ts';
import type { WindowRules } from './window-rules.ts';
import { WindowVerdicts } from './window-verdicts.ts';

/** Of one flood so many are looked at together: it takes no more to tell of a vote that comes in its order. */
const MOST_PRESSES = 1_024;

/** @param votes by press time, each once. @returns in their order. */
export function verdictCodesOf(votes: readonly JudgedVote[], rules: WindowRules): Verdict[] {
  const codes: Verdict[] = new Array(votes.length);
  const judged = new WindowVerdicts({ rules, mostPresses: MOST_PRESSES });
  let next = 0;
  const change = (vote: JudgedVote, now: Verdict) => {
    // It was one of the last.
    for (let at = next - 1; at >= 0; at--)
      if (votes[at] === vote) {
        codes[at] = now;
        return;
      }
  };
  for (; next < votes.length; next++) {
    const code = judged.take(votes[next] as JudgedVote, change);
    if (code === null) return verdictsOf(votes, rules).map((verdict) => verdict.code);
    codes[next] = code;
  }
  return codes;
}
