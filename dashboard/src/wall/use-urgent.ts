import { type ReadonlySignal, useComputed, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { orderUrgent } from '../order/urgent.ts';
import type { Pager } from '../paging/pager.ts';
import { useWall } from './context.ts';

/** As long as a round of pages takes: tiles that changed places with every vote could not be read. */
const REORDER_MS = 60_000;

/** Of `ids`, those that need attention, the most urgent first; ordered anew every minute, but not under a reader's eyes. */
export function useUrgent(ids: ReadonlySignal<readonly string[]>, pager: Pager) {
  const { board } = useWall();
  const round = useSignal(0);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!pager.held.peek()) round.value += 1;
    }, REORDER_MS);
    return () => clearInterval(timer);
  }, [pager, round]);
  return useComputed(() => {
    // A new snapshot brings new ones.
    void [round.value, board.meta.value];
    return orderUrgent(ids.value.map((id) => board.windows.get(id)!.peek()));
  });
}
