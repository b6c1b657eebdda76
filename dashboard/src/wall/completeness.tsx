import type { LiveRow } from '../../../protocol/live.ts';
import { useWall } from './context.ts';
import { type FindingKind, findingsOf } from './findings.ts';

type Props = {
  row: LiveRow;
  /** Only what is wrong. */
  quiet?: boolean;
  /** Of how many the words are written out: the rest are a shape and a figure, with the words as a title. */
  words?: number;
  /** Said elsewhere already. */
  without?: readonly FindingKind[];
};

/** Whether all votes that the terminals took are in the figures, and what else a reader of them must know. */
export function CompletenessNotes({
  row,
  quiet = false,
  words = Number.POSITIVE_INFINITY,
  without = [],
}: Props) {
  const { board, language } = useWall();
  const meta = board.meta.value;
  if (meta === null) return null;
  const found = findingsOf(row, language.text.value, meta.timeZone, meta.day).filter(
    ({ kind }) =>
      !without.includes(kind) &&
      // What is shown in steps is never all of it.
      !(kind === 'complete' && (quiet || meta.steps !== null)),
  );
  return (
    <>
      {found.map((finding, position) =>
        position < words ? (
          <span key={finding.kind} class="note" data-note={finding.kind} title={finding.words}>
            {Number.isFinite(words) ? finding.short : finding.words}
          </span>
        ) : (
          <span
            key={finding.kind}
            class="note note-brief"
            data-note={finding.kind}
            title={finding.words}
            role="img"
            aria-label={finding.words}
          >
            {finding.figure}
          </span>
        ),
      )}
    </>
  );
}
