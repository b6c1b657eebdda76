/** How much a tile can show: from `vast` (one to three windows) to `compact` (sixty). */
export type Density = 'vast' | 'huge' | 'grand' | 'roomy' | 'medium' | 'compact';

export type GridLayout = { columns: number; rows: number; pages: number; perPage: number; density: Density };

export const GAP_REM = 0.5;
const LEAST_WIDTH_REM = 9.2;
const LEAST_HEIGHT_REM = 4.5;
/** Tiles a little wider than high hold a name, a rate and a bar best. */
const ASPECT = 1.45;

/**
 * The largest tiles with which `count` windows fill an area (in rem) without scrolling; where not even the smallest
 * legible ones fit, equally full pages of them. A gap at the end counts against a layout.
 */
export function layOutGrid(widthRem: number, heightRem: number, count: number): GridLayout {
  const mostColumns = fit(widthRem, LEAST_WIDTH_REM);
  const mostRows = fit(heightRem, LEAST_HEIGHT_REM);
  const pages = Math.max(1, Math.ceil(count / (mostColumns * mostRows)));
  const perPage = Math.max(1, Math.ceil(count / pages));
  let best = { columns: 1, rows: perPage, size: -1 };
  for (let columns = 1; columns <= mostColumns; columns += 1) {
    const rows = Math.ceil(perPage / columns);
    if (rows > mostRows) continue;
    const filled = perPage / (columns * rows);
    const tile = Math.min(share(widthRem, columns) / ASPECT, share(heightRem, rows));
    const size = tile * Math.sqrt(filled);
    if (size > best.size) best = { columns, rows, size };
  }
  const { columns, rows } = best;
  const density = densityOf(share(widthRem, columns), share(heightRem, rows));
  return { columns, rows, pages, perPage, density };
}

/**
 * How many of `tracks` narrow columns each tile takes, so that a last row that is at least half full fills its room too:
 * five windows stand as three above two.
 */
export function spanTiles(
  columns: number,
  shown: number,
): { tracks: number; spanOf(position: number): number } {
  const inLast = shown % columns;
  if (inLast === 0 || inLast < columns / 2) return { tracks: columns, spanOf: () => 1 };
  const firstOfLast = shown - inLast;
  return {
    tracks: columns * inLast,
    spanOf: (position) => (position < firstOfLast ? inLast : columns),
  };
}

/** The slice of `ids` on `page` (from 0). */
export function pageOf<T>(ids: readonly T[], page: number, perPage: number): readonly T[] {
  return ids.slice(page * perPage, (page + 1) * perPage);
}

function fit(length: number, least: number): number {
  return Math.max(1, Math.floor((length + GAP_REM) / (least + GAP_REM)));
}

function share(length: number, parts: number): number {
  return (length - GAP_REM * (parts - 1)) / parts;
}

function densityOf(widthRem: number, heightRem: number): Density {
  if (widthRem >= 26 && heightRem >= 20) return 'vast';
  if (widthRem >= 24 && heightRem >= 16) return 'huge';
  if (widthRem >= 17 && heightRem >= 12) return 'grand';
  if (widthRem >= 12 && heightRem >= 8.4) return 'roomy';
  if (widthRem >= 10 && heightRem >= 6.2) return 'medium';
  return 'compact';
}
