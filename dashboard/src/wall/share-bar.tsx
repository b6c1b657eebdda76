import type { Counts } from '../../../protocol/vote.ts';
import { RATINGS } from './rating-mark.tsx';

/** The three counts as lengths. Decorative: the figures stand beside it. */
export function ShareBar({ counts, large = false }: { counts: Counts; large?: boolean }) {
  return (
    <div class={large ? 'share-bar share-bar-large' : 'share-bar'} aria-hidden="true">
      {RATINGS.map(
        (rating) =>
          counts[rating] > 0 && <i key={rating} data-rating={rating} style={{ flexGrow: counts[rating] }} />,
      )}
    </div>
  );
}
