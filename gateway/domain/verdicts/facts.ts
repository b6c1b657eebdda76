/** What a vote is by itself, whatever its neighbours are. */
import type { Verdict } from '../../../protocol/verdict.ts';
import type { JudgedVote } from './judged-vote.ts';
import type { Judgement } from './verdict.ts';
import type { Rules } from './window-rules.ts';

type CodeOfItself = Extract<Verdict, 'imputed' | 'test' | 'out-of-hours' | 'stuck'>;

/** @returns why it counts for nothing; null when nothing about itself says so. It then makes no other vote count for nothing either. */
export function codeOfItself(vote: JudgedVote, { openingHours, stuckHeldMs }: Rules): CodeOfItself | null {
  if (vote.isImputed) return 'imputed';
  if (vote.isTest) return 'test';
  // Whoever is asked by message or mail answers when they can.
  if (openingHours !== null && vote.device !== null && vote.isTimed && !openingHours.isOpen(vote.at))
    return 'out-of-hours';
  return vote.heldMs !== null && stuckHeldMs > 0 && vote.heldMs > stuckHeldMs ? 'stuck' : null;
}

/** The same, with what a person needs to check it. */
export function verdictOfItself(vote: JudgedVote, rules: Rules): Judgement | null {
  const code = codeOfItself(vote, rules);
  const { id } = rules;
  switch (code) {
    case null:
      return null;
    case 'out-of-hours': {
      const open = rules.openingHours?.openSpansOf(rules.dayOf(vote.at)) ?? [];
      return { rules: id, code, day: rules.dayName(vote.at), open };
    }
    case 'stuck':
      return { rules: id, code, cause: 'held', heldMs: vote.heldMs ?? 0, mostMs: rules.stuckHeldMs };
    default:
      return { rules: id, code };
  }
}
