import { useComputed } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { LiveRow } from '../../../protocol/live.ts';
import type { BoardMeta } from '../live/board.ts';
import { isSampleEnough, type Ranked, rankUnits } from '../order/ranking.ts';
import { comparableUnits } from '../order/tree.ts';
import { pageOf } from '../paging/grid-layout.ts';
import { createPager } from '../paging/pager.ts';
import { useReader } from '../paging/use-reader.ts';
import { CompletenessNotes } from './completeness.tsx';
import { useWall } from './context.ts';
import type { FindingKind } from './findings.ts';
import { formatCount, formatRate, formatTarget } from './numbers.ts';
import { PageControls } from './page-controls.tsx';
import { TargetBar } from './target-bar.tsx';
import { formatSince } from './times.ts';
import { useAreaInRem } from './use-area.ts';

/** A name, a rate and a bar; what is to be noted stands beside the name, as briefly as can be. */
const ROW_REM = 2.9;
/** With so much room each, the notes have a line of their own, and names the whole of theirs. */
const LINES_ROW_REM = 4.2;
/** With so much room each, names and notes are written out. */
const FEW_ROW_REM = 6.5;

type Room = 'tight' | 'lines' | 'few';

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
  // By the tree alone: a vote must not go through every window of a city.
  const compared = useComputed(() =>
    comparableUnits(
      board.units.ids.value.map((id) => board.units.get(id)!.peek()),
      board.windows.ids.value.map((id) => board.windows.get(id)!.peek()),
    ),
  );
  const ranked = useComputed(() => rankUnits(compared.value.map((id) => board.units.get(id)!.value)));
  const { stacked, heightRem } = size.value;
  const perPage = stacked ? 20 : Math.max(1, Math.floor(heightRem / ROW_REM));
  const pages = Math.max(1, Math.ceil(ranked.value.length / perPage));
  useEffect(() => pager.setPages(pages), [pages, pager]);
  const evenly = Math.ceil(ranked.value.length / pages);
  const shown = pageOf(ranked.value, Math.min(pager.page.value, pages - 1), evenly);
  const room = stacked ? 'few' : roomOf(heightRem / shown.length);
  return (
    <section class="panel ranking" aria-label={text.ranking} aria-live="off" {...reader}>
      <div class="panel-head">
        <h2>{text.ranking}</h2>
        <PageControls pager={pager} />
        <span class="panel-aside target-key">
          {text.target(formatTarget(board.meta.value?.targetRate ?? 0))}
        </span>
      </div>
      <ol class="ranks" ref={area} data-room={stacked ? 'stacked' : room} data-testid="unit-ranking">
        {shown.map((place) => (
          <UnitRow key={place.id} place={place} room={room} />
        ))}
      </ol>
    </section>
  );
}

function UnitRow({ place, room }: { place: Ranked; room: Room }) {
  const { board, language } = useWall();
  const text = language.text.value;
  const row = board.units.get(place.id)?.value;
  const meta = board.meta.value;
  if (row === undefined || meta === null) return null;
  const enough = isSampleEnough(row);
  const verdict = !enough || row.rate === null ? 'open' : row.rate >= meta.targetRate ? 'reached' : 'below';
  return (
    <li
      class="rank"
      data-testid="unit-row"
      data-unit-id={row.id}
      data-votes={row.votes}
      data-verdict={verdict}
    >
      <span class="rank-number">{place.rank ?? '–'}</span>
      <span class="rank-name" title={row.name}>
        {row.name}
      </span>
      <span class="rank-notes">
        <UnitNotes row={row} meta={meta} room={room} />
      </span>
      <span class="rank-votes">{row.votes > 0 ? text.voteCount(formatCount(row.votes)) : ''}</span>
      <span class="rank-rate">
        {row.rate === null ? (
          <em>{text.noVotes}</em>
        ) : enough ? (
          formatRate(row.rate)
        ) : (
          <em>{text.insufficient}</em>
        )}
      </span>
      <TargetBar rate={enough ? row.rate : null} targetRate={meta.targetRate} />
    </li>
  );
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
        words={room === 'few' ? Number.POSITIVE_INFINITY : 0}
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
