/** The three ratings as one sign: circle, diamond, triangle. */
export function ProductSign() {
  return (
    <svg class="mark-sign" viewBox="0 0 60 24" aria-hidden="true">
      <circle cx="11" cy="12" r="8" fill="var(--satisfied)" />
      <path d="M30 2.5 39.5 12 30 21.5 20.5 12Z" fill="var(--basically)" />
      <path d="M41 4.5h17L49.5 20Z" fill="var(--unsatisfied)" />
    </svg>
  );
}
