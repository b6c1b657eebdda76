import { useEffect } from 'preact/hooks';
import type { Pager } from '../paging/pager.ts';
import { useWall } from './context.ts';

/** Where the reader is and how to move; nothing at all where one page holds everything. `keys`: also ← and →. */
export function PageControls({ pager, keys = false }: { pager: Pager; keys?: boolean }) {
  const text = useWall().language.text.value;
  const pages = pager.pages.value;
  const page = pager.page.value;
  const held = pager.held.value;
  useEffect(() => {
    if (!keys) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.key === 'ArrowLeft') pager.turn(-1);
      if (event.key === 'ArrowRight') pager.turn(1);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [keys, pager]);
  if (pages < 2) return null;
  return (
    <nav class="pages" aria-label={text.page(page + 1, pages)} data-testid="pages">
      <button type="button" aria-label={text.previous} onClick={() => pager.turn(-1)}>
        <Arrow path="M10 3 5 8l5 5" />
      </button>
      <span class="pages-where">
        {page + 1} / {pages}
      </span>
      <button type="button" aria-label={text.next} onClick={() => pager.turn(1)}>
        <Arrow path="m6 3 5 5-5 5" />
      </button>
      {held && (
        <span class="pages-held" title={text.pausedWhy} data-testid="held">
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d="M5 3v10M11 3v10" fill="none" stroke="currentColor" stroke-width="3" />
          </svg>
          {text.paused}
        </span>
      )}
    </nav>
  );
}

function Arrow({ path }: { path: string }) {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true">
      <path d={path} fill="none" stroke="currentColor" stroke-width="2" />
    </svg>
  );
}
