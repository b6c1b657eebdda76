import type { Proof } from '../../../protocol/score.ts';
import { useWall } from './context.ts';

/** A tick; an arrow both ways, since it may lie on either side; an arrow down; dots, since there is nothing yet. */
const SHAPES: Record<Proof, string> = {
  meets: 'm2.5 8.5 3.5 4 7.5-9',
  open: 'M1.5 8h13M5.5 4l-4 4 4 4M10.5 4l4 4-4 4',
  fails: 'M8 2v11M3 8.5 8 13.5 13 8.5',
  insufficient: 'M1.5 8h3M6.5 8h3M11.5 8h3',
};

/**
 * What the gateway says of a rate against the target: a shape, and its words for whoever cannot see it.
 * @param said the words stand beside it
 */
export function ProofMark({ proof, said = false }: { proof: Proof; said?: boolean }) {
  const text = useWall().language.text.value;
  const words = text.proofs[proof];
  const svg = (
    <svg viewBox="0 0 16 16" aria-hidden="true">
      <path d={SHAPES[proof]} />
    </svg>
  );
  if (said) return <span class="proof-mark">{svg}</span>;
  return (
    <span class="proof-mark" data-proof={proof} role="img" title={words} aria-label={words}>
      {svg}
    </span>
  );
}
