/** A rate as a length from 0 to 100 %, with a mark at the target. Decorative: the figures stand beside it. */
export function TargetBar({ rate, targetRate }: { rate: number | null; targetRate: number }) {
  const reached = rate !== null && rate >= targetRate;
  return (
    <div class="target-bar" aria-hidden="true">
      <i style={{ width: `${(rate ?? 0) * 100}%` }} data-reached={reached} />
      <b style={{ left: `${targetRate * 100}%` }} />
    </div>
  );
}
