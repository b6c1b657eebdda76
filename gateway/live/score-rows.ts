/** The rows of one answer: those of the board, with all that is told of a figure, and their places in the tree of whoever asks. */

import type { LiveRow } from '../../protocol/live.ts';
import type { FigureRules, Period, Place, ScoreRow } from '../../protocol/score.ts';
import type { Counts } from '../../protocol/vote.ts';
import type { OrgTree } from '../domain/org.ts';
import { type Figure, figureOf } from '../domain/statistics/figure.ts';
import { intervalOf } from '../domain/statistics/interval.ts';
import { addCounts } from '../domain/tally.ts';
import type { Board } from './board.ts';
import { createPlaces } from './places.ts';

export type ScoreRows = {
  /** Every unit of the tree (parents first), then every window. */
  of(tree: OrgTree, period: Period, now: number): ScoreRow[];
};

export function createScoreRows({
  board,
  figures,
}: {
  board: Pick<Board, 'rows'>;
  figures: () => FigureRules;
}): ScoreRows {
  const places = createPlaces(figures);
  const told = rememberTold();
  return {
    of(tree, period, now) {
      const rules = figures();
      const { units, windows } = board.rows(period, now);
      // A subtree is a tree of its own: its top has no parent there.
      const ownUnits = units.flatMap((row) => {
        const unit = tree.unitById.get(row.id);
        if (!unit) return [];
        return unit.parentId === row.parentId ? [row] : [{ ...row, parentId: unit.parentId }];
      });
      const ownWindows = windows.filter(({ id }) => tree.windowById.has(id));
      const note = (found: Map<string, Place | null>, group: string, rows: readonly LiveRow[]) => {
        const placed = places.of(
          `${period} ${group}`,
          rows.map(({ counts }) => counts),
        );
        rows.forEach(({ id }, at) => {
          found.set(id, placed[at] ?? null);
        });
        return found;
      };
      const amongSiblings = (rows: readonly LiveRow[]) => {
        const siblings = new Map<string | null, LiveRow[]>();
        for (const row of rows) {
          const own = siblings.get(row.parentId);
          if (own) own.push(row);
          else siblings.set(row.parentId, [row]);
        }
        const found = new Map<string, Place | null>();
        for (const [parentId, own] of siblings)
          note(found, `${own[0]?.kind} below ${parentId ?? `the top ${own[0]?.id}`}`, own);
        return found;
      };
      const [unitPlaces, windowPlaces] = [amongSiblings(ownUnits), amongSiblings(ownWindows)];
      const placesOfAll = note(new Map(), `all below ${tree.units[0]?.id}`, ownWindows);
      const pathTo = (unitId: string) => [...(tree.pathOf.get(unitId) ?? [])];
      return [
        ...ownUnits.map((row) =>
          rowOf(row, pathTo(row.id), told(row.counts, rules), unitPlaces.get(row.id) ?? null, null),
        ),
        ...ownWindows.map((row) =>
          rowOf(
            row,
            [...pathTo(row.parentId ?? ''), row.name],
            told(row.counts, rules),
            windowPlaces.get(row.id) ?? null,
            placesOfAll.get(row.id) ?? null,
          ),
        ),
      ];
    },
  };
}

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

/** Of a whole city some ten thousand: written out, because an object that is spread is made twice. */
function rowOf(
  row: LiveRow,
  path: string[],
  told: Told,
  place: Place | null,
  placeOfAll: Place | null,
): ScoreRow {
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    parentId: row.parentId,
    path,
    counts: row.counts,
    votes: row.votes,
    rate: row.rate,
    index: row.index,
    satisfiedShare: told.satisfiedShare,
    middleShare: told.middleShare,
    intervals: told.intervals,
    isSufficient: told.isSufficient,
    proof: row.proof,
    place,
    placeOfAll,
    pressed: pressedOf(row),
    excluded: row.excluded,
    discounted: row.discounted,
    lastVoteAt: row.lastVoteAt,
    terminals: row.terminals,
    completeness: row.completeness,
  };
}

function intervalsOf({ rate, index, satisfiedShare, middleShare }: Figure): ScoreRow['intervals'] {
  if (!rate || !index || !satisfiedShare || !middleShare) return null;
  return {
    rate: intervalOf(rate),
    index: intervalOf(index),
    satisfiedShare: intervalOf(satisfiedShare),
    middleShare: intervalOf(middleShare),
  };
}

function pressedOf({ counts, excluded, discounted }: LiveRow): Counts {
  const pressed = { ...counts };
  if (excluded) addCounts(pressed, excluded);
  if (discounted) addCounts(pressed, discounted.counts);
  return pressed;
}
