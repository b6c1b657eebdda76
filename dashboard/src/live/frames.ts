/** A lone vote is drawn at once; a storm of them five times a second, which a small kiosk computer can keep up. */
const MIN_GAP_MS = 200;
/** A hidden tab gets no animation frames. */
const HIDDEN_GAP_MS = 500;

/**
 * Calls `paint` once for any number of `request()` calls: at the next animation frame, at most every MIN_GAP_MS, and
 * by a timer where the tab is hidden.
 */
export function createFrames(paint: () => void): { request(): void } {
  let requested = false;
  let paintedAt = Number.NEGATIVE_INFINITY;
  let hiddenTimer: ReturnType<typeof setTimeout> | undefined;

  function run(): void {
    if (!requested) return;
    clearTimeout(hiddenTimer);
    requested = false;
    paintedAt = performance.now();
    paint();
  }

  function request(): void {
    if (requested) return;
    requested = true;
    const wait = MIN_GAP_MS - (performance.now() - paintedAt);
    if (wait <= 0) requestAnimationFrame(run);
    else setTimeout(() => requestAnimationFrame(run), wait);
    hiddenTimer = setTimeout(run, HIDDEN_GAP_MS);
  }

  return { request };
}
