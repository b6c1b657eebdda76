import { useComputed } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { findRoot, orderWindows } from '../order/tree.ts';
import { layOutGrid, pageOf, spanTiles } from '../paging/grid-layout.ts';
import { createPager } from '../paging/pager.ts';
import { useReader } from '../paging/use-reader.ts';
import { formatCount } from '../text/numbers.ts';
import { useWall } from './context.ts';
import { PageControls } from './page-controls.tsx';
import { NoWindows } from './states.tsx';
import { useAreaInRem } from './use-area.ts';
import { WindowTile } from './window-tile.tsx';

const STACKED_PER_PAGE = 24;

export function WindowGrid() {
  const { board, language } = useWall();
  const text = language.text.value;
  const pager = useMemo(() => createPager(), []);
  const reader = useReader(pager);
  const [area, size] = useAreaInRem();
  const ids = useComputed(() =>
    orderWindows(
      board.units.ids.value.map((id) => board.units.get(id)!.peek()),
      board.windows.ids.value.map((id) => board.windows.get(id)!.peek()),
    ),
  );
  const count = ids.value.length;
  const { widthRem, heightRem, stacked } = size.value;
  const layout = stacked
    ? {
        columns: 1,
        rows: 0,
        pages: Math.max(1, Math.ceil(count / STACKED_PER_PAGE)),
        perPage: STACKED_PER_PAGE,
        density: 'medium',
      }
    : layOutGrid(widthRem, heightRem, count);
  const { pages, perPage } = layout;
  useEffect(() => pager.setPages(pages), [pages, pager]);
  const shown = widthRem === 0 ? [] : pageOf(ids.value, Math.min(pager.page.value, pages - 1), perPage);
  const { tracks, spanOf } = spanTiles(layout.columns, shown.length);
  return (
    <section class="panel windows" aria-label={text.windows} aria-live="off" {...reader}>
      <div class="panel-head">
        <h2>{text.windows}</h2>
        <span class="panel-count">{text.windowCount(formatCount(count))}</span>
        <PageControls pager={pager} keys />
        <TerminalSummary />
      </div>
      {count === 0 && <NoWindows />}
      <ul
        class="tiles"
        ref={area}
        data-density={layout.density}
        style={{ '--columns': tracks, '--rows': layout.rows }}
      >
        {shown.map((id, position) => (
          <WindowTile key={id} id={id} span={spanOf(position)} compact={layout.density === 'compact'} />
        ))}
      </ul>
    </section>
  );
}

/** All terminals of the city, so that a page that is not in sight cannot hide a dead one. */
function TerminalSummary() {
  const { board, language } = useWall();
  const text = language.text.value;
  const root = findRoot(board.units.ids.value.map((id) => board.units.get(id)!.peek()));
  const row = root === null ? undefined : board.units.get(root)?.value;
  if (row === undefined) return null;
  const { online, offline, clockApart } = row.terminals;
  return (
    <span class="panel-aside terminals">
      {text.terminals}
      <b>{text.online(formatCount(online))}</b>
      {offline > 0 && (
        <span class="note" data-note="offline" data-testid="offline-count">
          {text.offline(formatCount(offline))}
        </span>
      )}
      {clockApart > 0 && (
        <span class="note" data-note="clock" data-testid="clock-count">
          {text.clockApart(formatCount(clockApart))}
        </span>
      )}
    </span>
  );
}
