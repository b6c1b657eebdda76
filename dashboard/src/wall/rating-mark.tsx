import type { Rating } from '../../../protocol/vote.ts';

/** In the order of the buttons. Spelt here so that the page need not carry the schema library. */
export const RATINGS: readonly Rating[] = ['satisfied', 'basically', 'unsatisfied'];

const SHAPES: Record<Rating, string> = {
  satisfied: 'M8 1.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13Z',
  basically: 'M8 .5 15.5 8 8 15.5.5 8Z',
  unsatisfied: 'M.5 2h15L8 15.2Z',
};

/** Circle, diamond, triangle: told apart without colour, and at eight metres. */
export function RatingMark({ rating }: { rating: Rating }) {
  return (
    <svg class="rating-mark" data-rating={rating} viewBox="0 0 16 16" aria-hidden="true">
      <path d={SHAPES[rating]} />
    </svg>
  );
}
