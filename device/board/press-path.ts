/** Whether a press can become a vote: all buttons are seen, the journal takes votes. And whether a new start may mend it when not. */

export type PressPath = {
  /** What has not worked for long although it did in this process; null otherwise. To be asked again and again. */
  broken(): string | null;
};

/**
 * The agent tries again by itself, within seconds to a minute. What it has not mended in so long it may have lost hold of. A button
 * that never worked since the start, or a disk that was full then, a new start would not mend: that would only be started for ever.
 */
const MEND_MS = 120_000;

/** @param parts by name, whether each works now */
export function createPressPath(parts: () => Record<string, boolean>, monoMs: () => number): PressPath {
  const workedAt = new Map<string, number>();
  return {
    broken() {
      const nowMs = monoMs();
      for (const [name, works] of Object.entries(parts())) if (works) workedAt.set(name, nowMs);
      const lost = [...workedAt].filter(([, atMs]) => nowMs - atMs > MEND_MS).map(([name]) => name);
      return lost.length > 0 ? `${lost.join(', ')}: not for ${MEND_MS / 1000} s` : null;
    },
  };
}
