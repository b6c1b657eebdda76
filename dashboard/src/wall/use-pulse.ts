import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

const PULSE_MS = 900;
const REST_MS = 1_600;
const still = matchMedia('(prefers-reduced-motion: reduce)');

/**
 * A short glow when `votes` grows: the same for every rating, with a rest after each, so that a busy window does not
 * flicker. Only opacity moves, which costs no layout and no paint.
 */
export function usePulse(votes: number): RefObject<HTMLElement | null> {
  const ref = useRef<HTMLElement>(null);
  const before = useRef(votes);
  const restedAt = useRef(0);
  useEffect(() => {
    const grown = votes > before.current;
    before.current = votes;
    if (!grown || still.matches || performance.now() < restedAt.current) return;
    restedAt.current = performance.now() + PULSE_MS + REST_MS;
    ref.current?.animate([{ opacity: 0.9 }, { opacity: 0 }], { duration: PULSE_MS, easing: 'ease-out' });
  }, [votes]);
  return ref;
}
