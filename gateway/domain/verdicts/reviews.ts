/** What a person has decided about one vote, laid over what the rules say of it. */
import type { Judgement } from './verdict.ts';

/** `id` of the review: who, when and why is kept there. */
export type Review = { id: string; decision: 'dismiss' | 'reinstate' };

/**
 * A review decides on its vote alone. For its neighbours the press was a press: dismissing one makes no other count.
 * What a system gave is never a citizen's vote, whoever says so.
 */
export function withReview(verdict: Judgement, review: Review | null): Judgement {
  if (review === null || verdict.code === 'imputed') return verdict;
  const { rules } = verdict;
  const code = review.decision === 'dismiss' ? 'dismissed' : 'counted';
  return { rules, code, review: review.id, instead: verdict };
}
