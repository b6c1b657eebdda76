import { useComputed } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { isSampleEnough, type Ranked, rankUnits } from '../order/ranking.ts';
import { comparableUnits } from '../order/tree.ts';
import { pageOf } from '../paging/grid-layout.ts';
import { createPager } from '../paging/pager.ts';
import { useReader } from '../paging/use-reader.ts';
import { formatCount, formatRate, formatTarget } from '../text/numbers.ts';
import { formatSince } from '../text/times.ts';
import { CompletenessNotes } from './completeness.tsx';
import { useWall } from './context.ts';
import { PageControls } from './page-controls.tsx';
import { TargetBar } from './target-bar.tsx';
import { useAreaInRem } from './use-area.ts';

const ROW_REM = 2.9;
/** With so much room each, names are written out. */
const FEW_ROW_REM = 6.5;

export function UnitRanking() {
  const { board, language } = useWall();
  const text = language.text.value;
  const pager = useMemo(() => createPager(), []);
  const reader = useReader(pager);
  const [area, size] = useAreaInRem();
  const ranked = useComputed(() => {
    const units = board.units.ids.value.map((id) => board.units.get(id)!.value);
    const holders = board.windows.ids.value.map((id) => board.windows.get(id)!.peek());
    const compared = new Set(comparableUnits(units, holders));
    return rankUnits(units.filter((unit) => compared.has(unit.id)));
  });
  const { stacked, heightRem } = size.value;
  const perPage = stacked ? 20 : Math.max(1, Math.floor(heightRem / ROW_REM));
  const pages = Math.max(1, Math.ceil(ranked.value.length / perPage));
  useEffect(() => pager.setPages(pages), [pages, pager]);
  const evenly = Math.ceil(ranked.value.length / pages);
  const shown = pageOf(ranked.value, Math.min(pager.page.value, pages - 1), evenly);
  const few = !stacked && shown.length * FEW_ROW_REM <= heightRem;
  return (
    <section class="panel ranking" aria-label={text.ranking} aria-live="off" {...reader}>
      <div class="panel-head">
        <h2>{text.ranking}</h2>
        <PageControls pager={pager} />
        <span class="panel-aside target-key">
          {text.target(formatTarget(board.meta.value?.targetRate ?? 0))}
        </span>
      </div>
      <ol class="ranks" ref={area} data-few={few} data-testid="unit-ranking">
        {shown.map((place) => (
          <UnitRow key={place.id} place={place} written={few || stacked} />
        ))}
      </ol>
    </section>
  );
}

/** `written`: there is room for words beside the shapes. */
function UnitRow({ place, written }: { place: Ranked; written: boolean }) {
  const { board, language } = useWall();
  const text = language.text.value;
  const row = board.units.get(place.id)?.value;
  const meta = board.meta.value;
  if (row === undefined || meta === null) return null;
  const { offline, offlineSince } = row.terminals;
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
        <CompletenessNotes row={row} quiet words={written ? Number.POSITIVE_INFINITY : 0} />
        {offline > 0 && (
          <span class="note" data-note="offline">
            {offlineSince === null
              ? text.offline(offline)
              : text.offlineSince(formatSince(offlineSince, meta.timeZone, meta.day))}
          </span>
        )}
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
