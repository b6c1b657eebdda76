import type { LiveRow } from '../../../protocol/live.ts';
import { formatCount } from '../text/numbers.ts';
import { useWall } from './context.ts';

/** Whether all votes that the terminals took are in the figures. `quiet` leaves out the good case. */
export function CompletenessNote({ row, quiet = false }: { row: LiveRow; quiet?: boolean }) {
  const text = useWall().language.text.value;
  const { state, pending, lost } = row.completeness;
  const notes: string[] = [];
  if (pending > 0) notes.push(text.pending(formatCount(pending)));
  if (lost > 0) notes.push(text.missing(formatCount(lost)));
  if (state === 'mismatch') notes.push(text.mismatch);
  if (notes.length > 0) {
    return (
      <span class="note" data-note={lost > 0 || state === 'mismatch' ? 'bad' : 'pending'}>
        {notes.join(' · ')}
      </span>
    );
  }
  if (quiet || state !== 'complete') return null;
  return (
    <span class="note" data-note="good">
      {text.complete}
    </span>
  );
}
