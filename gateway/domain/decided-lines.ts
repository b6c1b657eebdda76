/**
 * Lines of the audit that tell which windows a decision about votes was about: whoever has read all until a moment reads what was decided since,
 * and looks at those windows again and at no others. Each decision that is counted (`reviewed`) has one, or is none of these.
 */

/** What stands in the detail. @param concerned null: too many to be told, and whoever reads it takes all for concerned */
export const decidedDetail = (concerned: readonly string[] | null): { windows?: readonly string[] } =>
  concerned === null ? {} : { windows: concerned };

const ACTIONS = /^((held|votes|journal|review)\.|terminal\.journal-drop\.answer$)/;

/** Ids of windows; null where the line is of no decision, or does not say. */
export function windowsDecided(line: { action: string; detail: Record<string, unknown> }): string[] | null {
  const { windows } = line.detail;
  if (!ACTIONS.test(line.action) || !Array.isArray(windows)) return null;
  return windows.every((id) => typeof id === 'string') ? windows : null;
}
