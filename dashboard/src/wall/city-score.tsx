import { useComputed } from '@preact/signals';
import { LEAST_VOTES, type LiveRow } from '../../../protocol/live.ts';
import { isSampleEnough } from '../order/ranking.ts';
import { findRoot } from '../order/tree.ts';
import { CompletenessNotes } from './completeness.tsx';
import { useWall } from './context.ts';
import { formatCount, formatIndex, formatRate, formatTarget } from './numbers.ts';
import { RATINGS, RatingMark } from './rating-mark.tsx';
import { ShareBar } from './share-bar.tsx';
import { TargetBar } from './target-bar.tsx';

/** The whole city today: the largest thing on the wall. */
export function CityScore() {
  const { board, language } = useWall();
  const city = useComputed(() => {
    const root = findRoot(board.units.ids.value.map((id) => board.units.get(id)!.peek()));
    return root === null ? undefined : board.units.get(root)?.value;
  });
  const row = city.value;
  const targetRate = board.meta.value?.targetRate ?? 0;
  const text = language.text.value;
  if (row === undefined) return null;
  return (
    <section class="panel city" aria-label={text.cityRate} aria-live="off">
      <div class="panel-head">
        <h2>{text.cityRate}</h2>
        <p class="city-notes" data-testid="city-notes">
          <CompletenessNotes row={row} />
        </p>
      </div>
      <div class="city-main">
        <BigRate row={row} />
        <Verdict row={row} targetRate={targetRate} />
      </div>
      <TargetBar rate={row.rate} targetRate={targetRate} />
      <dl class="city-figures">
        <div>
          <dt>{text.votes}</dt>
          <dd data-testid="city-votes">{formatCount(row.votes)}</dd>
        </div>
        <div>
          <dt>{text.index}</dt>
          <dd data-testid="city-index">{row.index === null ? '–' : formatIndex(row.index)}</dd>
        </div>
      </dl>
      <ShareBar counts={row.counts} large />
      <ThreeCounts row={row} />
    </section>
  );
}

function BigRate({ row }: { row: LiveRow }) {
  const text = useWall().language.text.value;
  if (row.rate === null) {
    return (
      <p class="city-rate city-rate-none" data-testid="city-rate">
        {text.noVotes}
      </p>
    );
  }
  const shown = formatRate(row.rate);
  return (
    <p class="city-rate" data-testid="city-rate">
      {shown.slice(0, -1)}
      <small>%</small>
    </p>
  );
}

/** Against the target, in shape, words and colour; no verdict on a handful of votes. */
function Verdict({ row, targetRate }: { row: LiveRow; targetRate: number }) {
  const text = useWall().language.text.value;
  const state =
    row.rate === null || !isSampleEnough(row) ? 'open' : row.rate >= targetRate ? 'reached' : 'below';
  const words =
    row.rate === null
      ? null
      : { open: text.insufficientWhy(LEAST_VOTES), reached: text.reached, below: text.below }[state];
  const shape = { open: 'M3 8h10', reached: 'm2.5 8.5 3.5 4 7.5-9', below: 'M8 2v11M3 8.5 8 13.5 13 8.5' }[
    state
  ];
  return (
    <div class="verdict" data-verdict={state} data-testid="city-verdict">
      {words !== null && (
        <span class="verdict-word">
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d={shape} />
          </svg>
          {words}
        </span>
      )}
      <span class="verdict-target">{text.target(formatTarget(targetRate))}</span>
    </div>
  );
}

function ThreeCounts({ row }: { row: LiveRow }) {
  const text = useWall().language.text.value;
  return (
    <ul class="three">
      {RATINGS.map((rating) => (
        <li key={rating} data-rating={rating}>
          <span class="three-label">
            <RatingMark rating={rating} />
            {text.ratings[rating]}
          </span>
          <b data-testid={`city-${rating}`}>{formatCount(row.counts[rating])}</b>
          <span class="three-share">{row.votes > 0 ? formatRate(row.counts[rating] / row.votes) : '–'}</span>
        </li>
      ))}
    </ul>
  );
}
