import { followScale } from '../parts/scale.ts';

/** `board` fills the screen and scrolls nowhere; `stacked` is one column under the other, and the page scrolls. */
export type Layout = 'board' | 'stacked';

/** The board's own measure, as in parts/tokens.css: so many rem are a screen, and no rem is smaller than this. */
const SCREEN_REM = { width: 120, height: 67.5 };
const LEAST_REM_PX = 11;
/** With less room its parts would lie on each other. */
const LEAST_BOARD_REM = { width: 108, height: 58 };

export function layoutOf(widthPx: number, heightPx: number, scale: number): Layout {
  const asLargeAsTheScreen = Math.min(widthPx / SCREEN_REM.width, heightPx / SCREEN_REM.height) * scale;
  const rem = Math.max(LEAST_REM_PX, asLargeAsTheScreen);
  const fits = widthPx >= LEAST_BOARD_REM.width * rem && heightPx >= LEAST_BOARD_REM.height * rem;
  return fits ? 'board' : 'stacked';
}

/** Kept on `<html data-layout>`, for the styles and for use-area.ts. Paper is always stacked. */
export function followLayout(): void {
  const { dataset } = document.documentElement;
  const paper = matchMedia('print');
  let onScreen: Layout = 'board';
  const set = () => {
    dataset.layout = paper.matches ? 'stacked' : onScreen;
  };
  followScale((scale) => {
    onScreen = layoutOf(innerWidth, innerHeight, scale);
    set();
  });
  paper.addEventListener('change', set);
}
