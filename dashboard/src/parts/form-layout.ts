import { followScale } from './scale.ts';

/** Beside each other as in form-page.css, where so many rem find room and the window is no column. */
const LEAST_WIDE_REM = 68.75;
const LEAST_ASPECT = 5 / 4;

/** `wide`, or `stacked` where one part comes under the other. Sizes in px; `scale` as in scale.ts. */
export function formLayoutOf(width: number, height: number, scale: number, mediumPx: number) {
  const rem = Math.max(mediumPx, Math.min(width / 120, height / 67.5) * scale);
  return width >= LEAST_WIDE_REM * rem && width >= LEAST_ASPECT * height ? 'wide' : 'stacked';
}

/** Kept on `<html data-layout>` for the styles. */
export function followFormLayout(): void {
  followScale((scale, mediumPx) => {
    document.documentElement.dataset.layout = formLayoutOf(innerWidth, innerHeight, scale, mediumPx);
  });
}
