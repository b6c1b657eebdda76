import type { LiveRow } from '../../../protocol/live.ts';
import { formatCount } from '../text/numbers.ts';
import { useWall } from './context.ts';

type Props = {
  row: LiveRow;
  /** Only what is wrong. */
  quiet?: boolean;
  /** Shape and number only, where there is no room for words; the words stay as a title. */
  brief?: boolean;
};

/** Whether all votes that the terminals took are in the figures. */
export function CompletenessNote({ row, quiet = false, brief = false }: Props) {
  const text = useWall().language.text.value;
  const { state, pending, lost } = row.completeness;
  const notes: { kind: 'bad' | 'pending' | 'good' | 'open'; words: string; count?: string }[] = [];
  if (lost > 0) notes.push({ kind: 'bad', words: text.missing(formatCount(lost)), count: formatCount(lost) });
  if (state === 'mismatch') notes.push({ kind: 'bad', words: text.mismatch });
  if (pending > 0) {
    notes.push({ kind: 'pending', words: text.pending(formatCount(pending)), count: formatCount(pending) });
  }
  if (!quiet && state === 'complete') notes.push({ kind: 'good', words: text.complete });
  if (!quiet && state === 'unknown') notes.push({ kind: 'open', words: text.unknown });
  return (
    <>
      {notes.map(({ kind, words, count }) => (
        <span key={words} class="note" data-note={kind} title={words}>
          {brief ? (count ?? '') : words}
        </span>
      ))}
    </>
  );
}
