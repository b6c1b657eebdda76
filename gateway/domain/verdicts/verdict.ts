/** A verdict with what a person needs to check it: the votes it leans on, what was measured, and what was allowed. */
import type { OpenSpan } from '../opening-hours/opening-hours.ts';
import type { VoteRef } from './judged-vote.ts';

/** `rules`: the versions by which it was judged, see `Rules`. Times in milliseconds; `by`, `first` and `last` are other votes of the window. */
export type Judgement = { readonly rules: string } & (
  | { readonly code: 'counted' }
  /** Less than `leastMs` after `by`, which was kept. */
  | { readonly code: 'too-soon'; readonly by: VoteRef; readonly gapMs: number; readonly leastMs: number }
  /** The citizen pressed another button, `by`, within `mostMs`. */
  | { readonly code: 'superseded'; readonly by: VoteRef; readonly gapMs: number; readonly mostMs: number }
  /** One of `presses` (more than `most`) within `spanMs` (at most `withinMs`), after one that was kept of the same burst. */
  | {
      readonly code: 'burst';
      readonly first: VoteRef;
      readonly last: VoteRef;
      readonly presses: number;
      readonly spanMs: number;
      readonly most: number;
      readonly withinMs: number;
    }
  /** One of `presses` of a button at gaps of `meanGapMs` that vary by less than `leastPercent` of it. */
  | {
      readonly code: 'stuck';
      readonly cause: 'regular';
      readonly first: VoteRef;
      readonly last: VoteRef;
      readonly presses: number;
      readonly meanGapMs: number;
      readonly variationPercent: number;
      readonly leastPercent: number;
    }
  | { readonly code: 'stuck'; readonly cause: 'held'; readonly heldMs: number; readonly mostMs: number }
  /** `day` is the local day of the press, `open` when the window was open on it. */
  | { readonly code: 'out-of-hours'; readonly day: string; readonly open: readonly OpenSpan[] }
  | { readonly code: 'test' }
  | { readonly code: 'imputed' }
  /** By a person; `instead` is what the rules say. */
  | { readonly code: 'dismissed'; readonly review: string; readonly instead: Judgement }
  | { readonly code: 'counted'; readonly review: string; readonly instead: Judgement }
);
