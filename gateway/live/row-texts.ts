/** A row's JSON, but for its head and its places: made again only when the row is another object. */
import type { LiveRow } from '../../protocol/live.ts';
import type { FigureRules, ScoreRow } from '../../protocol/score.ts';
import type { Counts } from '../../protocol/vote.ts';
import { figureOf, intervalsOf } from '../domain/statistics/figure.ts';
import { addCounts } from '../domain/tally.ts';

/** Both of ASCII alone; between them stand the places. */
export type RowText = { figures: string; rest: string };

export type RowTexts = {
  /** @param period apart, so that what is kept is one text a row and period */
  of(period: string, row: LiveRow, rules: FigureRules): RowText;
};

type Kept = RowText & { row: LiveRow };

export function createRowTexts(): RowTexts {
  const told = rememberTold();
  const periods = new Map<string, Map<string, Kept>>();
  return {
    of(period, row, rules) {
      let kept = periods.get(period);
      if (!kept) {
        kept = new Map();
        periods.set(period, kept);
      }
      const name = row.kind === 'unit' ? `/${row.id}` : row.id;
      const known = kept.get(name);
      if (known?.row === row) return known;
      const made = { row, figures: figuresText(row, told(row.counts, rules)), rest: restText(row) };
      kept.set(name, made);
      return made;
    },
  };
}

function figuresText({ counts, votes, rate, index, proof }: LiveRow, told: Told): string {
  const { satisfiedShare, middleShare, intervals, isSufficient } = told;
  const figures: Figures = {
    ...{ counts, votes, rate, index, satisfiedShare, middleShare, intervals, isSufficient, proof },
  };
  return `${JSON.stringify(figures).slice(1, -1)},`;
}

function restText(row: LiveRow): string {
  const { excluded, discounted, lastVoteAt, terminals, completeness } = row;
  const rest: Rest = { pressed: pressedOf(row), excluded, discounted, lastVoteAt, terminals, completeness };
  return JSON.stringify(rest).slice(1);
}

type Head = 'id' | 'kind' | 'name' | 'parentId' | 'path';
type Rest = Pick<
  ScoreRow,
  'pressed' | 'excluded' | 'discounted' | 'lastVoteAt' | 'terminals' | 'completeness'
>;
/** All that is left, so that nothing of a row is forgotten. */
type Figures = Omit<ScoreRow, Head | 'place' | 'placeOfAll' | keyof Rest>;
type Told = Pick<ScoreRow, 'satisfiedShare' | 'middleShare' | 'intervals' | 'isSufficient'>;

/** Of counts, by rules that rarely change: most windows have the counts that they had when somebody asked last. */
function rememberTold(): (counts: Counts, rules: FigureRules) => Told {
  let of: FigureRules | null = null;
  let kept = new Map<string, Told>();
  return (counts, rules) => {
    if (of === null || !isSameBy(of, rules) || kept.size >= TOLD_KEPT) kept = new Map();
    of = rules;
    const name = `${counts.satisfied}/${counts.basically}/${counts.unsatisfied}`;
    let told = kept.get(name);
    if (!told) {
      const figure = figureOf(counts, rules);
      told = {
        satisfiedShare: figure.satisfiedShare?.value ?? null,
        middleShare: figure.middleShare?.value ?? null,
        intervals: intervalsOf(figure),
        isSufficient: figure.isSufficient,
      };
      kept.set(name, told);
    }
    return told;
  };
}

const TOLD_KEPT = 50_000;

const isSameBy = (a: FigureRules, b: FigureRules) =>
  a.minimum === b.minimum &&
  a.target === b.target &&
  a.confidence === b.confidence &&
  a.weights.satisfied === b.weights.satisfied &&
  a.weights.basically === b.weights.basically &&
  a.weights.unsatisfied === b.weights.unsatisfied;

function pressedOf({ counts, excluded, discounted }: LiveRow): Counts {
  const pressed = { ...counts };
  if (excluded) addCounts(pressed, excluded);
  if (discounted) addCounts(pressed, discounted.counts);
  return pressed;
}
