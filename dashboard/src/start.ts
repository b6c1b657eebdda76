/**
 * Shows the page, unless the browser lacks what its styles need: the sentence that stands there since the page was loaded then
 * stays. `inset` came with the oldest Chromium that the pages are built for.
 */
export function startPage(show: () => void): void {
  const sentence = document.getElementById('not-started');
  if (!CSS.supports('inset: 0')) {
    sentence?.setAttribute('data-now', '');
    return;
  }
  show();
  sentence?.remove();
}
