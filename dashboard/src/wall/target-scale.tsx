import { useComputed } from '@preact/signals';
import type { Interval, Proof } from '../../../protocol/score.ts';
import { useWall } from './context.ts';

/** Below the lowest of what is shown, so that no end lies on the edge. */
const AIR = 0.02;

/**
 * Where the scale begins, the same for the whole page: the tens below the target and every interval that is shown. From 0 to 100 % an
 * interval of a city would be a dot; and a rate is a point on the scale, not a length.
 */
export function useScaleStart() {
  const { board } = useWall();
  return useComputed(() => {
    const ranked = new Set(board.places.value.flatMap(({ unitId, place }) => (place ? unitId : [])));
    const shown = board.units.ids.value.flatMap((id) => {
      const row = board.units.get(id)?.value;
      if (!row?.intervals || (row.parentId !== null && !ranked.has(id))) return [];
      return row.intervals.rate.lower;
    });
    const lowest = Math.min(board.meta.value?.figures.target ?? 1, ...shown);
    return Math.max(0, Math.floor((lowest - AIR) * 10) / 10);
  });
}

type Props = { rate: number | null; interval: Interval | null; proof: Proof; start: number };

/** A rate and where it may truly lie, with a mark at the target. Decorative: the figures stand beside it. */
export function TargetScale({ rate, interval, proof, start }: Props) {
  const target = useWall().board.meta.value?.figures.target ?? 0;
  const at = (share: number) => `${(Math.max(0, share - start) / (1 - start)) * 100}%`;
  return (
    <div class="target-scale" data-proof={proof} aria-hidden="true">
      <b style={{ left: at(target) }} />
      {interval !== null && (
        <i style={{ left: at(interval.lower), right: `calc(100% - ${at(interval.upper)})` }} />
      )}
      {rate !== null && <em style={{ left: at(rate) }} />}
    </div>
  );
}
