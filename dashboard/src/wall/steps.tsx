/** What a wall says that is shown votes in steps: when, in place of "live", and why some of it is not there. */
import type { LiveRow } from '../../../protocol/live.ts';
import { useWall } from './context.ts';
import { formatCount } from './numbers.ts';
import { formatMinute } from './times.ts';

/** Null on a wall that is shown votes as they come. */
export const useSteps = () => useWall().board.meta.value?.steps ?? null;

/** In place of a rate. That nothing has been shown yet does not say that nobody has voted. */
export function NoVotes() {
  const steps = useSteps();
  const text = useWall().language.text.value;
  return <>{steps === null ? text.noVotes : text.notShownYet}</>;
}

/** Of a row of which nothing has been shown, no number: 0 would be one. */
export function Count({ row, count }: { row: LiveRow; count: number }) {
  const steps = useSteps();
  return <>{steps !== null && row.votes === 0 ? '–' : formatCount(count)}</>;
}

/** How often votes are shown, and when it was last. */
export function StepsNote() {
  const steps = useSteps();
  const { board, language } = useWall();
  const meta = board.meta.value;
  if (steps === null || meta === null) return null;
  const text = language.text.value;
  return (
    <>
      {text.everyMinutes(steps.minutes)}
      {steps.at !== null && ` · ${text.shownAt(formatMinute(steps.at, meta.timeZone))}`}
    </>
  );
}
