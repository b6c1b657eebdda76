/** What is kept of one channel beside the votes. The buttons are what the others leave of all. */
import type { KeptApart, KeptDiscounted, KeptRow, PressTimes, WindowParts } from '../store/recount.ts';

export type Kept = { rollups: KeptRow[]; excluded: KeptRow[]; discounted: KeptDiscounted[] };

/** Codes: of the buttons' channel, and of parts. */
const BUTTON = 0;
const ALL = 0;
const EXCLUDED = 16;

/** @param channel its code; null: of all together. Rows may be negative: what counts is their sum. */
export async function keptOfChannel(
  parts: Pick<WindowParts, 'rollups' | 'excluded' | 'discounted' | 'apart'>,
  span: PressTimes,
  channel: number | null,
): Promise<Kept> {
  if (channel !== null && channel !== BUTTON)
    return sorted((await parts.apart(span)).filter((row) => row.channel === channel));
  const all = {
    rollups: await parts.rollups(span),
    excluded: await parts.excluded(span),
    discounted: await parts.discounted(span),
  };
  if (channel === null) return all;
  const others = sorted((await parts.apart(span)).map(negated));
  return {
    rollups: [...all.rollups, ...others.rollups],
    excluded: [...all.excluded, ...others.excluded],
    discounted: [...all.discounted, ...others.discounted],
  };
}

const sorted = (rows: readonly KeptApart[]): Kept => ({
  rollups: rows.filter(({ part }) => part === ALL),
  excluded: rows.filter(({ part }) => part === EXCLUDED),
  discounted: rows
    .filter(({ part }) => part !== ALL && part !== EXCLUDED)
    .map((row) => ({ ...row, verdict: row.part })),
});

const negated = ({ satisfied, basically, unsatisfied, ...row }: KeptApart): KeptApart => ({
  ...row,
  ...{ satisfied: -satisfied, basically: -basically, unsatisfied: -unsatisfied },
});
