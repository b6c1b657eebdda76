import { useComputed } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { LiveRow, UnitPlace } from '../../../protocol/live.ts';
import type { Place } from '../../../protocol/score.ts';
import type { BoardMeta } from '../live/board.ts';
import { orderPlaces } from '../order/ranking.ts';
import { pageOf } from '../paging/grid-layout.ts';
import { createPager } from '../paging/pager.ts';
import { useReader } from '../paging/use-reader.ts';
import { CompletenessNotes } from './completeness.tsx';
import { useWall } from './context.ts';
import { type FindingKind, findingsOf } from './findings.ts';
import { formatCount, formatShare, formatTarget } from './numbers.ts';
import { PageControls } from './page-controls.tsx';
import { ProofMark } from './proof-mark.tsx';
import { NoVotes } from './steps.tsx';
import { TargetScale, useScaleStart } from './target-scale.tsx';
import { formatSince } from './times.ts';
import { useAreaInRem } from './use-area.ts';

/** A name, a rate and a bar; what is to be noted stands beside the name, as briefly as can be. */
const ROW_REM = 2.9;
/** With so much room each, the notes have a line of their own, and names the whole of theirs. */
const LINES_ROW_REM = 4.2;
/** With so much room each, names and notes are written out. */
const FEW_ROW_REM = 6.5;

type Room = 'tight' | 'lines' | 'few' | 'stacked';
/** How many notes leave room for the shares beside them. */
const NOTES_BESIDE: Record<Room, number> = { tight: -1, lines: 0, few: 1, stacked: Number.POSITIVE_INFINITY };

function roomOf(rowRem: number): Room {
  if (rowRem >= FEW_ROW_REM) return 'few';
  return rowRem >= LINES_ROW_REM ? 'lines' : 'tight';
}

export function UnitRanking() {
  const { board, language } = useWall();
  const text = language.text.value;
  const pager = useMemo(() => createPager(), []);
  const reader = useReader(pager);
  const [area, size] = useAreaInRem();
  const ranked = useComputed(() => orderPlaces(board.places.value));
  const start = useScaleStart();
  const { stacked, heightRem } = size.value;
  const perPage = stacked ? 20 : Math.max(1, Math.floor(heightRem / ROW_REM));
  const pages = Math.max(1, Math.ceil(ranked.value.length / perPage));
  useEffect(() => pager.setPages(pages), [pages, pager]);
  const evenly = Math.ceil(ranked.value.length / pages);
  const shown = pageOf(ranked.value, Math.min(pager.page.value, pages - 1), evenly);
  const room = stacked ? 'stacked' : roomOf(heightRem / shown.length);
  const signs = Math.max(1, ...shown.map(({ place }) => (place ? rangeOf(place).length : 1)));
  return (
    <section class="panel ranking" aria-label={text.ranking} aria-live="off" {...reader}>
      <div class="panel-head">
        <h2 title={text.placesMeant}>{text.ranking}</h2>
        {/* Beside pages there is no room for it. */}
        {pages === 1 && <span class="panel-count">{text.placesMeant}</span>}
        <PageControls pager={pager} />
        <span class="panel-aside target-key">
          {text.target(formatTarget(board.meta.value?.figures.target ?? 0))}
        </span>
      </div>
      <ol class="ranks" ref={area} data-room={room} style={{ '--signs': signs }} data-testid="unit-ranking">
        {shown.map((place) => (
          <UnitRow key={place.unitId} {...place} room={room} start={start.value} />
        ))}
      </ol>
    </section>
  );
}

function UnitRow({ unitId, place, room, start }: UnitPlace & { room: Room; start: number }) {
  const { board, language } = useWall();
  const text = language.text.value;
  const row = board.units.get(unitId)?.value;
  const meta = board.meta.value;
  if (row === undefined || meta === null) return null;
  const isShown = row.proof !== 'insufficient';
  const { satisfied, basically } = row.counts;
  const range = place && rangeOf(place);
  const shares = isShown
    ? text.shares(formatShare(satisfied, row.votes), formatShare(basically, row.votes))
    : null;
  const found = findingsOf(row, text, meta.timeZone, meta.day).filter(({ kind }) => kind !== 'complete');
  const notes = found.length + (row.terminals.offline > 0 ? 1 : 0);
  return (
    <li
      class="rank"
      data-testid="unit-row"
      data-unit-id={row.id}
      data-votes={row.votes}
      data-proof={row.proof}
    >
      <span class="rank-number" {...(range !== null && { title: text.place(range) })}>
        {range === null ? '–' : room === 'tight' ? range : text.place(range)}
      </span>
      <span class="rank-name" title={row.name}>
        {row.name}
      </span>
      <span class="rank-notes">
        {notes <= NOTES_BESIDE[room] && shares !== null && <span class="rank-shares">{shares}</span>}
        <UnitNotes row={row} meta={meta} room={room} />
      </span>
      <span class="rank-votes">{row.votes > 0 ? text.voteCount(formatCount(row.votes)) : ''}</span>
      <span class="rank-rate" {...(shares !== null && { title: shares })}>
        {isShown ? (
          <>
            <ProofMark proof={row.proof} />
            {formatShare(satisfied + basically, row.votes)}
          </>
        ) : (
          <em>{row.votes === 0 ? <NoVotes /> : text.proofs.insufficient}</em>
        )}
      </span>
      <TargetScale
        rate={isShown ? row.rate : null}
        interval={isShown ? (row.intervals?.rate ?? null) : null}
        proof={row.proof}
        start={start}
      />
    </li>
  );
}

function rangeOf({ best, worst }: Place): string {
  return best === worst ? String(best) : `${best}–${worst}`;
}

/** Where there is little room, that terminals are silent says by itself that their part is unknown. */
function UnitNotes({ row, meta, room }: { row: LiveRow; meta: BoardMeta; room: Room }) {
  const text = useWall().language.text.value;
  const { offline, offlineSince } = row.terminals;
  const silent: FindingKind[] = room === 'tight' && offline > 0 ? ['unknown'] : [];
  const count = formatCount(offline);
  const moment = offlineSince === null ? null : formatSince(offlineSince, meta.timeZone, meta.day);
  const words = moment === null ? text.offline(count) : text.offlineSince(moment);
  return (
    <>
      <CompletenessNotes
        row={row}
        quiet
        words={room === 'few' || room === 'stacked' ? Number.POSITIVE_INFINITY : 0}
        without={silent}
      />
      {offline > 0 && (
        <span class="note" data-note="offline" title={words}>
          {room === 'tight' ? (moment ?? count) : words}
        </span>
      )}
    </>
  );
}
