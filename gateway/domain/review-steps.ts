/** The way of a review: what somebody may do next, and what follows. */

/** `confirmed`: by two people, and votes follow. `dismissed`: by one, and they stay as they are. */
export const REVIEW_STATES = ['open', 'proposed', 'confirmed', 'dismissed'] as const;
export type ReviewState = (typeof REVIEW_STATES)[number];

export const REVIEW_STEPS = ['propose', 'confirm', 'send-back', 'dismiss', 'reopen'] as const;
export type ReviewStep = (typeof REVIEW_STEPS)[number];

/** What becomes of its votes when it is confirmed: they count no longer, or they count although rules discount them. */
export const VOTE_DECISIONS = ['dismiss', 'reinstate'] as const;
export type VoteDecision = (typeof VOTE_DECISIONS)[number];

const NEXT: Readonly<Record<ReviewState, Partial<Record<ReviewStep, ReviewState>>>> = {
  open: { propose: 'proposed', dismiss: 'dismissed' },
  proposed: { confirm: 'confirmed', 'send-back': 'open' },
  confirmed: { reopen: 'open' },
  dismissed: { reopen: 'open' },
};

/** @returns null when it cannot be done now. */
export function afterStep(state: ReviewState, step: ReviewStep): ReviewState | null {
  return NEXT[state][step] ?? null;
}

/** What can be done now, for whoever is told that something else cannot. */
export function possibleSteps(state: ReviewState): ReviewStep[] {
  return REVIEW_STEPS.filter((step) => afterStep(state, step) !== null);
}
