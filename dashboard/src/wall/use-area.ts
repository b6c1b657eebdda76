import { type ReadonlySignal, signal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks';

/** `stacked` (layout.ts): the page itself scrolls, so that an area has no height of its own. */
export type Area = { widthRem: number; heightRem: number; stacked: boolean };

/** The size of an element in rem, which is what the wall's type is measured in: a 4K wall lays out like a 1080p one. */
export function useAreaInRem(): [RefObject<never>, ReadonlySignal<Area>] {
  const ref = useRef<HTMLElement>(null);
  const size = useMemo(() => signal<Area>({ widthRem: 0, heightRem: 0, stacked: false }), []);
  useLayoutEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const measure = () => {
      const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
      const next = {
        widthRem: element.clientWidth / rem,
        heightRem: element.clientHeight / rem,
        stacked: document.documentElement.dataset.layout === 'stacked',
      };
      const { widthRem, heightRem, stacked } = size.peek();
      if (next.widthRem !== widthRem || next.heightRem !== heightRem || next.stacked !== stacked)
        size.value = next;
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [size]);
  return [ref as unknown as RefObject<never>, size];
}
