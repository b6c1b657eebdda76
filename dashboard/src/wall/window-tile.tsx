import type { LiveRow } from '../../../protocol/live.ts';
import type { BoardMeta } from '../live/board.ts';
import { CompletenessNotes } from './completeness.tsx';
import { useWall } from './context.ts';
import { CutName } from './cut-name.tsx';
import type { FindingKind } from './findings.ts';
import { isLongName } from './names.ts';
import { formatCount, formatShare } from './numbers.ts';
import { ProofMark } from './proof-mark.tsx';
import { RATINGS, RatingMark } from './rating-mark.tsx';
import { ShareBar } from './share-bar.tsx';
import { Count, NoVotes } from './steps.tsx';
import { formatSince } from './times.ts';
import { usePulse } from './use-pulse.ts';

/** `span`: how many columns of the grid it takes. */
type Props = { id: string; span: number; compact: boolean };

/** One window. It reads its own row's signal and nothing that changes with another window's vote. */
export function WindowTile({ id, span, compact }: Props) {
  const { board, language } = useWall();
  const row = board.windows.get(id)?.value;
  const meta = board.meta.value;
  const pulse = usePulse(row?.votes ?? 0);
  if (row === undefined || meta === null) return null;
  const text = language.text.value;
  const unit = board.units.get(row.parentId ?? '')?.peek().name ?? '';
  const online = row.terminals.online > 0;
  // A window whose terminals are all silent says since when by itself.
  const silent: FindingKind[] = online ? [] : ['unknown'];
  return (
    <li
      class="tile"
      style={{ '--span': span }}
      title={`${unit} ${row.name}`}
      data-testid="window-tile"
      data-window-id={row.id}
      data-votes={row.votes}
      data-online={online}
      data-proof={row.proof}
    >
      <i class="tile-pulse" ref={pulse} />
      <p class="tile-unit">
        <span>{unit}</span>
        {compact && <CompletenessNotes row={row} quiet words={0} without={silent} />}
        {compact && online && <OfflineNote row={row} meta={meta} />}
      </p>
      <h3 class="tile-name" data-long={isLongName(row.name)}>
        <CutName name={row.name} />
      </h3>
      <p class="tile-figures">
        {compact && !online ? <OfflineNote row={row} meta={meta} /> : <TileRate row={row} />}
        {row.votes > 0 && (online || !compact) && (
          <span class="tile-votes">
            {formatCount(row.votes)} <small>{text.voteWord(row.votes)}</small>
          </span>
        )}
      </p>
      <TileCounts row={row} />
      <ShareBar counts={row.counts} />
      {!compact && (
        <p class="tile-notes">
          <OfflineNote row={row} meta={meta} />
          <CompletenessNotes row={row} quiet={!online} words={online ? 1 : 0} without={silent} />
        </p>
      )}
    </li>
  );
}

/** All terminals silent: since when. Some of them: how many. */
function OfflineNote({ row, meta }: { row: LiveRow; meta: BoardMeta }) {
  const text = useWall().language.text.value;
  const { online, offline, offlineSince } = row.terminals;
  if (online > 0 && offline === 0) return null;
  let words = text.offline(formatCount(offline));
  if (online === 0) {
    words =
      offlineSince === null
        ? text.neverOnline
        : text.offlineSince(formatSince(offlineSince, meta.timeZone, meta.day));
  }
  return (
    <span class="note" data-note="offline">
      {words}
    </span>
  );
}

function TileRate({ row }: { row: LiveRow }) {
  const text = useWall().language.text.value;
  if (row.rate === null)
    return (
      <em class="tile-rate">
        <NoVotes />
      </em>
    );
  if (row.proof === 'insufficient') return <em class="tile-rate">{text.proofs.insufficient}</em>;
  return (
    <b class="tile-rate">
      {formatShare(row.counts.satisfied + row.counts.basically, row.votes)}
      <ProofMark proof={row.proof} />
    </b>
  );
}

function TileCounts({ row }: { row: LiveRow }) {
  return (
    <p class="tile-counts">
      {RATINGS.map((rating) => (
        <span key={rating}>
          <RatingMark rating={rating} />
          <Count row={row} count={row.counts[rating]} />
        </span>
      ))}
    </p>
  );
}
