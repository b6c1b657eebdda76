import { useComputed, useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { findRoot, orderWindows } from '../order/tree.ts';
import { type GridLayout, layOutGrid, pageOf, spanTiles } from '../paging/grid-layout.ts';
import { createPager } from '../paging/pager.ts';
import { useReader } from '../paging/use-reader.ts';
import { useWall } from './context.ts';
import { formatCount } from './numbers.ts';
import { PageControls } from './page-controls.tsx';
import { NoWindows } from './states.tsx';
import { type Area, useAreaInRem } from './use-area.ts';
import { useUrgent } from './use-urgent.ts';
import { type View, ViewSwitch } from './view-switch.tsx';
import { WindowTile } from './window-tile.tsx';

const STACKED_PER_PAGE = 24;
/** What turns by itself comes round within a minute: of more windows, those that need attention are shown. */
const PAGES_OF_A_ROUND = 5;

export function WindowGrid() {
  const { board, language } = useWall();
  const text = language.text.value;
  const pager = useMemo(() => createPager(), []);
  const reader = useReader(pager);
  const [area, size] = useAreaInRem();
  const chosen = useSignal<View>('urgent');
  const all = useComputed(() =>
    orderWindows(
      board.units.ids.value.map((id) => board.units.get(id)!.peek()),
      board.windows.ids.value.map((id) => board.windows.get(id)!.peek()),
    ),
  );
  const urgent = useUrgent(all, pager);
  const count = all.value.length;
  const whole = layOut(size.value, count);
  const isLong = whole.pages > PAGES_OF_A_ROUND;
  const view = isLong && urgent.value.length > 0 ? chosen.value : 'all';
  const ids = view === 'all' ? all.value : urgent.value.slice(0, PAGES_OF_A_ROUND * whole.perPage);
  const layout = view === 'all' ? whole : layOut(size.value, ids.length);
  const { pages, perPage } = layout;
  useEffect(() => pager.setPages(pages), [pages, pager]);
  const shown = size.value.widthRem === 0 ? [] : pageOf(ids, Math.min(pager.page.value, pages - 1), perPage);
  const { tracks, spanOf } = spanTiles(layout.columns, shown.length);
  const choose = (one: View) => {
    chosen.value = one;
    pager.first();
  };
  return (
    <section class="panel windows" aria-label={text.windows} aria-live="off" {...reader}>
      <div class="panel-head">
        <h2>{text.windows}</h2>
        {isLong && urgent.value.length > 0 ? (
          <ViewSwitch view={view} counts={{ urgent: urgent.value.length, all: count }} choose={choose} />
        ) : (
          <span class="panel-count">{text.windowCount(formatCount(count))}</span>
        )}
        {view === 'urgent' && ids.length < urgent.value.length && (
          <span class="panel-count">{text.mostUrgent(formatCount(ids.length))}</span>
        )}
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

function layOut({ widthRem, heightRem, stacked }: Area, count: number): GridLayout {
  if (!stacked) return layOutGrid(widthRem, heightRem, count);
  const pages = Math.max(1, Math.ceil(count / STACKED_PER_PAGE));
  return { columns: 1, rows: 0, pages, perPage: STACKED_PER_PAGE, density: 'medium' };
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
