import { useComputed } from '@preact/signals';
import type { LiveRow } from '../../../protocol/live.ts';
import type { FigureRules } from '../../../protocol/score.ts';
import { findRoot } from '../order/tree.ts';
import { CompletenessNotes } from './completeness.tsx';
import { useWall } from './context.ts';
import { formatIndex, formatInterval, formatShare, formatTarget } from './numbers.ts';
import { ProofMark } from './proof-mark.tsx';
import { RATINGS, RatingMark } from './rating-mark.tsx';
import { ShareBar } from './share-bar.tsx';
import { Count, NoVotes } from './steps.tsx';
import { TargetScale, useScaleStart } from './target-scale.tsx';

/** The whole city today: the largest thing on the wall. */
export function CityScore() {
  const { board, language } = useWall();
  const city = useComputed(() => {
    const root = findRoot(board.units.ids.value.map((id) => board.units.get(id)!.peek()));
    return root === null ? undefined : board.units.get(root)?.value;
  });
  const row = city.value;
  const figures = board.meta.value?.figures;
  const start = useScaleStart();
  const text = language.text.value;
  if (row === undefined || figures === undefined) return null;
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
        <Verdict row={row} figures={figures} />
      </div>
      <TargetScale
        rate={row.rate}
        interval={row.intervals?.rate ?? null}
        proof={row.proof}
        start={start.value}
      />
      <p class="scale-ends">
        <span aria-hidden="true">{formatTarget(start.value)}</span>
        {row.intervals && (
          <span class="city-interval" data-testid="city-interval">
            {text.interval(formatTarget(figures.confidence), formatInterval(row.intervals.rate))}
          </span>
        )}
        <span aria-hidden="true">100%</span>
      </p>
      <dl class="city-figures">
        <div>
          <dt>{text.votes}</dt>
          <dd data-testid="city-votes">
            <Count row={row} count={row.votes} />
          </dd>
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
  if (row.rate === null) {
    return (
      <p class="city-rate city-rate-none" data-testid="city-rate">
        <NoVotes />
      </p>
    );
  }
  const shown = formatShare(row.counts.satisfied + row.counts.basically, row.votes, 2);
  const [whole = ''] = shown.split(/[.%]/);
  return (
    <p class="city-rate" data-testid="city-rate">
      {whole}
      <small>{shown.slice(whole.length)}</small>
    </p>
  );
}

/** What the gateway says of the target, in shape, words and colour. */
function Verdict({ row, figures }: { row: LiveRow; figures: FigureRules }) {
  const text = useWall().language.text.value;
  const { proof } = row;
  return (
    <div class="verdict" data-proof={proof} data-testid="city-verdict">
      {row.votes > 0 && (
        <span class="verdict-word">
          <ProofMark proof={proof} said />
          {proof === 'insufficient' ? text.insufficientWhy(figures.minimum) : text.proofs[proof]}
        </span>
      )}
      <span class="verdict-target">{text.target(formatTarget(figures.target))}</span>
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
          <b data-testid={`city-${rating}`}>
            <Count row={row} count={row.counts[rating]} />
          </b>
          <span class="three-share">{row.votes > 0 ? formatShare(row.counts[rating], row.votes) : '–'}</span>
        </li>
      ))}
    </ul>
  );
}
