import type { LiveRow } from '../../../protocol/live.ts';
import { isSampleEnough } from '../order/ranking.ts';
import { splitName } from '../text/names.ts';
import { formatCount, formatRate } from '../text/numbers.ts';
import { formatSince } from '../text/times.ts';
import { CompletenessNote } from './completeness.tsx';
import { useWall } from './context.ts';
import { RATINGS, RatingMark } from './rating-mark.tsx';
import { ShareBar } from './share-bar.tsx';
import { usePulse } from './use-pulse.ts';

/** One window. It reads its own row's signal and nothing that changes with another window's vote. */
export function WindowTile({ id }: { id: string }) {
  const { board, language } = useWall();
  const row = board.windows.get(id)?.value;
  const meta = board.meta.value;
  const pulse = usePulse(row?.votes ?? 0);
  if (row === undefined || meta === null) return null;
  const text = language.text.value;
  const unit = board.units.get(row.parentId ?? '')?.peek().name ?? '';
  const { head, tail } = splitName(row.name);
  const online = row.terminals.online > 0;
  const below = isSampleEnough(row) && row.rate !== null && row.rate < meta.targetRate;
  return (
    <li
      class="tile"
      title={`${unit} ${row.name}`}
      data-testid="window-tile"
      data-window-id={row.id}
      data-votes={row.votes}
      data-online={online}
      data-below={below}
    >
      <i class="tile-pulse" ref={pulse} />
      <p class="tile-unit">{unit}</p>
      <h3 class="tile-name">
        <span>{head}</span>
        <span>{tail}</span>
      </h3>
      <p class="tile-figures">
        <TileRate row={row} />
        {row.votes > 0 && (
          <span class="tile-votes">
            {formatCount(row.votes)} <small>{text.voteWord(row.votes)}</small>
          </span>
        )}
      </p>
      <TileCounts row={row} />
      <ShareBar counts={row.counts} />
      <p class="tile-notes">
        {!online && (
          <span class="note" data-note="offline">
            {row.terminals.offlineSince === null
              ? text.neverOnline
              : text.offlineSince(formatSince(row.terminals.offlineSince, meta.timeZone, meta.day))}
          </span>
        )}
        {online && row.terminals.offline > 0 && (
          <span class="note" data-note="offline">
            {text.offline(row.terminals.offline)}
          </span>
        )}
        <CompletenessNote row={row} quiet={!online} brief={!online} />
      </p>
    </li>
  );
}

function TileRate({ row }: { row: LiveRow }) {
  const text = useWall().language.text.value;
  if (row.rate === null) return <em class="tile-rate">{text.noVotes}</em>;
  if (!isSampleEnough(row)) return <em class="tile-rate">{text.insufficient}</em>;
  return <b class="tile-rate">{formatRate(row.rate)}</b>;
}

function TileCounts({ row }: { row: LiveRow }) {
  return (
    <p class="tile-counts">
      {RATINGS.map((rating) => (
        <span key={rating}>
          <RatingMark rating={rating} />
          {formatCount(row.counts[rating])}
        </span>
      ))}
    </p>
  );
}
