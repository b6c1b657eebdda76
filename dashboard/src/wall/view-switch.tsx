import { useWall } from './context.ts';
import { formatCount } from './numbers.ts';

export type View = 'urgent' | 'all';

type Props = { view: View; counts: Record<View, number>; choose(view: View): void };

/** Of more windows than anybody sees go by: those that need attention, or all. */
export function ViewSwitch({ view, counts, choose }: Props) {
  const text = useWall().language.text.value;
  return (
    <fieldset class="views" aria-label={text.windows} data-testid="views">
      {(['urgent', 'all'] as const).map((one) => (
        <button key={one} type="button" aria-pressed={view === one} onClick={() => choose(one)}>
          {text.views[one]} <b>{formatCount(counts[one])}</b>
        </button>
      ))}
    </fieldset>
  );
}
