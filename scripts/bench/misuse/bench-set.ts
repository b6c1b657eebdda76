/**
 * The whole set: for each seed so many cases of every kind, most of them honest. A misuse is found where a detector flags it, or where the rules
 * of verdicts leave nearly nothing of what it has put in: there is nothing left to look at. An honest case is wrongly found where a detector
 * flags it; what rules of verdicts take from honest citizens is told beside it.
 */
import { createDice } from './dice.ts';
import { lookAtRecords, lookAtStory, type Seen } from './look-at.ts';
import { FORGED_RECORDS, HONEST_RECORDS } from './records.ts';
import { HONEST, MISUSE } from './stories.ts';

export type Case = { kind: string; isMisuse: boolean; seen: Seen };

/** Of what a misuse has put in, so much counts for nothing: there is nothing left to find. */
const NEARLY_ALL = 0.9;
/** Of citizens' votes of a day. */
const NOTICEABLE = 0.1;

export const RULES_OF_VERDICTS = 'verdicts';

/** Detectors that say something, and the rules of verdicts where they have done something. */
export function foundBy({ seen, isMisuse }: Pick<Case, 'seen' | 'isMisuse'>): string[] {
  const byRules = isMisuse ? (seen.misuseLeftOut ?? 0) >= NEARLY_ALL : seen.citizensLost > NOTICEABLE;
  return byRules ? [...seen.flaggedBy, RULES_OF_VERDICTS] : [...seen.flaggedBy];
}

export type SetSize = { seeds: readonly number[]; misuseOfEach: number; honestOfEach: number };

export function drawCases({ seeds, misuseOfEach, honestOfEach }: SetSize): Case[] {
  const cases: Case[] = [];
  for (const seed of seeds) {
    const dice = createDice(seed);
    const times = (count: number, kind: string, isMisuse: boolean, look: () => Seen) => {
      for (let at = 0; at < count; at++) cases.push({ kind, isMisuse, seen: look() });
    };
    const stories = (kinds: typeof HONEST, isMisuse: boolean, count: number) => {
      for (const [kind, tell] of Object.entries(kinds))
        times(count, kind, isMisuse, () => {
          const own = dice.fork();
          return lookAtStory(own, tell(own));
        });
    };
    const records = (kinds: typeof HONEST_RECORDS, isMisuse: boolean, count: number) => {
      for (const [kind, draw] of Object.entries(kinds))
        times(count, kind, isMisuse, () => lookAtRecords(draw(dice.fork())));
    };
    stories(HONEST, false, honestOfEach);
    records(HONEST_RECORDS, false, honestOfEach);
    stories(MISUSE, true, misuseOfEach);
    records(FORGED_RECORDS, true, misuseOfEach);
  }
  return cases;
}

export type Figures = { precision: number | null; recall: number | null; found: number; wrongly: number };

/** Is somebody asked to look at it, or is there nothing left? */
export const isSaid = (one: Case): boolean =>
  foundBy(one).some((rule) => one.isMisuse || rule !== RULES_OF_VERDICTS);

/** What each rule is there for. */
export const MEANT_FOR: Readonly<Record<string, readonly string[]>> = {
  compensation: ['compensation'],
  crowd: ['a long run'],
  run: ['a long run'],
  ceiling: ['no bad vote'],
  ending: ['votes at shift end'],
  mix: ['another mix'],
  imported: ['constant tags', 'constant gap', 'one service rated twice'],
  participation: ['more votes than services'],
  [RULES_OF_VERDICTS]: ['mashing', 'a stuck contact', 'a mechanical presser'],
};

/** Of all it flags how many are a misuse, of whatever kind; of what it is there for, how much it flags. */
export function figuresOf(cases: readonly Case[], rule: string | null): Figures {
  const isFound = (one: Case) => (rule === null ? isSaid(one) : foundBy(one).includes(rule));
  const found = cases.filter(isFound);
  const right = found.filter(({ isMisuse }) => isMisuse).length;
  const meant = cases.filter(
    ({ kind, isMisuse }) => isMisuse && (rule === null || MEANT_FOR[rule]?.includes(kind)),
  );
  return {
    precision: found.length === 0 ? null : right / found.length,
    recall: meant.length === 0 ? null : meant.filter(isFound).length / meant.length,
    found: right,
    wrongly: found.length - right,
  };
}
