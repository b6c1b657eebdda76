/**
 * How much larger the person wants everything. The pages are as large as the screen, so that zooming in alone would give the
 * same picture again (WCAG 2.2, 1.4.4, failure F94): what was asked for is found out and multiplied.
 */
export type Viewing = {
  outerWidth: number;
  innerWidth: number;
  devicePixelRatio: number;
  /** What the browser is set to for ordinary text, px. */
  mediumPx: number;
};

const ZOOMS = [1.1, 1.25, 1.5, 1.75, 2, 2.4, 2.5, 3, 4, 5];
const LIKE = 0.03;
const ORDINARY_PX = 16;

/** 1 for as it comes; never below. */
export function scaleOf({ outerWidth, innerWidth, devicePixelRatio, mediumPx }: Viewing): number {
  return zoomOf(outerWidth, innerWidth, devicePixelRatio) * Math.max(1, mediumPx / ORDINARY_PX);
}

/**
 * Zooming makes the page narrower than its window, and so does a panel at its side; only zooming makes the pixels
 * denser than the screen's own, which are never fewer than one.
 */
function zoomOf(outerWidth: number, innerWidth: number, density: number): number {
  const ratio = outerWidth / innerWidth;
  const zoom = ZOOMS.find((known) => Math.abs(ratio / known - 1) < LIKE);
  if (zoom === undefined || density / zoom < 1 - LIKE) return 1;
  return zoom;
}

/** Keeps `--scale` of the page, and calls `changed` at first and whenever the window or its zoom has changed. */
export function followScale(changed: (scale: number, mediumPx: number) => void): void {
  const root = document.documentElement;
  const probe = document.createElement('span');
  probe.style.fontSize = 'medium';
  probe.hidden = true;
  root.append(probe);
  const follow = () => {
    const mediumPx = Number.parseFloat(getComputedStyle(probe).fontSize);
    const { outerWidth, innerWidth, devicePixelRatio } = window;
    const scale = scaleOf({ outerWidth, innerWidth, devicePixelRatio, mediumPx });
    root.style.setProperty('--scale', String(scale));
    changed(scale, mediumPx);
  };
  follow();
  addEventListener('resize', follow);
}
