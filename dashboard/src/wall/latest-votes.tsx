import type { TickerVote } from '../../../protocol/live.ts';
import { formatAge } from './ages.ts';
import { useWall } from './context.ts';
import { CutName } from './cut-name.tsx';
import { RatingMark } from './rating-mark.tsx';
import { useSteps } from './steps.tsx';
import { useAreaInRem } from './use-area.ts';

const LEAST_ROW_REM = 1.75;

export function LatestVotes() {
  const { board, language } = useWall();
  const text = language.text.value;
  const steps = useSteps();
  const [area, size] = useAreaInRem();
  const fitting = size.value.stacked ? 8 : Math.floor(size.value.heightRem / LEAST_ROW_REM);
  const shown = board.ticker.value.slice(0, fitting);
  return (
    <section class="panel latest" aria-label={text.latest} aria-live="off">
      <div class="panel-head">
        <h2>{text.latest}</h2>
      </div>
      <ol class="ticker" ref={area} style={{ '--places': fitting }}>
        {shown.map((vote) => (
          <TickerRow key={vote.id} vote={vote} />
        ))}
        {board.ticker.value.length === 0 && (
          <li class="ticker-none">{steps === null ? text.noVotes : text.noSingleVotes}</li>
        )}
      </ol>
    </section>
  );
}

function TickerRow({ vote }: { vote: TickerVote }) {
  const { board, language } = useWall();
  const serviceWindow = board.windows.get(vote.windowId)?.peek();
  const unit = board.units.get(serviceWindow?.parentId ?? '')?.peek();
  // Of a wall for one hall, its name stands above everything already.
  const several = board.units.ids.value.length > 1;
  return (
    <li class="ticker-item" data-testid="ticker-item" data-vote-id={vote.id} data-window-id={vote.windowId}>
      <span class="ticker-rating" data-rating={vote.rating}>
        <RatingMark rating={vote.rating} />
        {language.text.value.ratings[vote.rating]}
      </span>
      <span class="ticker-window">
        <span class="ticker-name">
          <CutName name={serviceWindow?.name ?? vote.windowId} />
        </span>
        {unit !== undefined && several && <small>{unit.name}</small>}
      </span>
      <Age at={vote.at} />
    </li>
  );
}

/** Apart, so that the passing second touches this text only. */
function Age({ at }: { at: number }) {
  const { board, clock, language } = useWall();
  const now = clock.now.value;
  const meta = board.meta.value;
  if (now === null || meta === null) return null;
  return <time class="ticker-age">{formatAge(at, now, language.text.value, meta.timeZone, meta.day)}</time>;
}
