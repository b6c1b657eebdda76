/** Which rows a span is made of: those of four hours as far as there are whole ones, those of a quarter of an hour at its ends. */
import type { QuarterSpan } from './places.ts';

/** Days of every time zone begin a few of these after midnight at the most, when nobody votes; days of many begin with one. */
export const BLOCK = 16;

export const floorBlock = (quarter: number) => quarter - (quarter % BLOCK);

/** Quarters of an hour since the epoch, of the span with this place among those that were asked for. */
export type Piece = QuarterSpan & { place: number };
/** `span`: of how many quarters of an hour its rows are. */
export type FoldedPiece = Piece & { span: 1 | typeof BLOCK };

/** The part of each span between neighbours of `bounds` that lies within one, in pieces that are no longer than that. */
export function* piecesWithin(
  bounds: readonly number[],
  within: QuarterSpan,
  longest = Number.POSITIVE_INFINITY,
): Generator<Piece> {
  for (let place = 0; place + 1 < bounds.length; place++) {
    const end = Math.min(bounds[place + 1] as number, within.end);
    for (let from = Math.max(bounds[place] as number, within.from); from < end; ) {
      const next = Math.min(end, from + longest);
      yield { place, from, end: next };
      from = next;
    }
  }
}

/** @param foldedUntil no row is of a later quarter of an hour, or of four hours that end later */
export function* foldedPieces(bounds: readonly number[], foldedUntil: number): Generator<FoldedPiece> {
  const within = { from: bounds[0] ?? 0, end: foldedUntil };
  for (const { place, from, end } of piecesWithin(bounds, within)) {
    const [first, last] = [Math.ceil(from / BLOCK) * BLOCK, Math.floor(end / BLOCK) * BLOCK];
    if (first >= last) {
      yield { place, from, end, span: 1 };
      continue;
    }
    if (from < first) yield { place, from, end: first, span: 1 };
    yield { place, from: first, end: last, span: BLOCK };
    if (last < end) yield { place, from: last, end, span: 1 };
  }
}
