/** How what is shown to those who may stand at a counter is held back: settings of nodes of the tree, inherited and overridden below. */

export type PrivacySettings = {
  /** Off: they see votes as they come. */
  isOn: boolean;
  /** What is shown moves on so often, in UTC minutes that are multiples of it. */
  stepMinutes: number;
  /** … and by so many votes at once, at least. */
  leastVotes: number;
};

export type PrivacyNode = { nodeId: string; settings: Partial<PrivacySettings> };

export const DEFAULT_PRIVACY: PrivacySettings = { isOn: true, stepMinutes: 30, leastVotes: 5 };

/** Divisors of a day, so that steps are at the same times every day. */
export const STEP_MINUTES: readonly number[] = [5, 10, 15, 20, 30, 60, 120, 180, 240, 360, 720, 1_440];
export type PrivacyFault = { field: keyof PrivacySettings; message: string };

/** With fewer than three, one of two voters knows the other's rating. */
export const LEAST_VOTES = { least: 3, most: 100 } as const;

export function privacyFaults({ stepMinutes, leastVotes }: Partial<PrivacySettings>): PrivacyFault[] {
  const faults: PrivacyFault[] = [];
  if (stepMinutes !== undefined && !STEP_MINUTES.includes(stepMinutes))
    faults.push({
      field: 'stepMinutes',
      message: `${stepMinutes} does not divide a day as it must: take one of ${STEP_MINUTES.join(', ')}`,
    });
  const { least, most } = LEAST_VOTES;
  if (
    leastVotes !== undefined &&
    !(Number.isInteger(leastVotes) && leastVotes >= least && leastVotes <= most)
  )
    faults.push({
      field: 'leastVotes',
      message: `${leastVotes} is not within ${least} to ${most}`,
    });
  return faults;
}

/** @param path ids of nodes from the top of the tree down; each setting is by the lowest that has it. */
export function privacyFor(
  path: readonly string[],
  nodes: ReadonlyMap<string, PrivacyNode>,
): PrivacySettings {
  return Object.assign({ ...DEFAULT_PRIVACY }, ...path.map((nodeId) => nodes.get(nodeId)?.settings));
}

const MINUTE_MS = 60_000;

/** The step that is under way at a moment: when it began. */
export function stepAt(at: number, stepMinutes: number): number {
  const stepMs = stepMinutes * MINUTE_MS;
  return Math.floor(at / stepMs) * stepMs;
}
