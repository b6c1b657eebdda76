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

type Placed = { place: Place | null; placeOfAll: Place | null };

export function createScoreRows({
  board,
  figures,
}: {
  board: Pick<Board, 'rows'>;
  figures: () => FigureRules;
}): ScoreRows {
  const places = createPlaces(figures);
  return {
    of(tree, period, now) {
      const rules = figures();
      const { units, windows } = board.rows(period, now);
      // A subtree is a tree of its own: its top has no parent there.
      const ownUnits = units.flatMap((row) => {
        const unit = tree.unitById.get(row.id);
        return unit ? [{ ...row, parentId: unit.parentId }] : [];
      });
      const ownWindows = windows.filter(({ id }) => tree.windowById.has(id));
      const placesOf = (group: string, rows: readonly LiveRow[]) => {
        const found = places.of(
          `${period} ${group}`,
          rows.map(({ counts }) => counts),
        );
        return new Map(rows.map(({ id }, at) => [id, found[at] ?? null]));
      };
      const amongSiblings = (rows: readonly LiveRow[]) => {
        const siblings = new Map<string | null, LiveRow[]>();
        for (const row of rows) {
          const own = siblings.get(row.parentId);
          if (own) own.push(row);
          else siblings.set(row.parentId, [row]);
        }
        return new Map(
          [...siblings].flatMap(([parentId, own]) => [
            ...placesOf(`${own[0]?.kind} below ${parentId ?? `the top ${own[0]?.id}`}`, own),
          ]),
        );
      };
      const [unitPlaces, windowPlaces] = [amongSiblings(ownUnits), amongSiblings(ownWindows)];
      const placesOfAll = placesOf(`all below ${tree.units[0]?.id}`, ownWindows);
      const pathTo = (unitId: string) => [...(tree.pathOf.get(unitId) ?? [])];
      return [
        ...ownUnits.map((row) =>
          rowOf(row, pathTo(row.id), rules, { place: unitPlaces.get(row.id) ?? null, placeOfAll: null }),
        ),
        ...ownWindows.map((row) =>
          rowOf(row, [...pathTo(row.parentId ?? ''), row.name], rules, {
            place: windowPlaces.get(row.id) ?? null,
            placeOfAll: placesOfAll.get(row.id) ?? null,
          }),
        ),
      ];
    },
  };
}

function rowOf(row: LiveRow, path: string[], rules: FigureRules, placed: Placed): ScoreRow {
  const { id, kind, name, parentId, counts, votes, rate, index, proof } = row;
  const { excluded, discounted, lastVoteAt, terminals, completeness } = row;
  const figure = figureOf(counts, rules);
  return {
    ...{ id, kind, name, parentId, path, counts, votes, rate, index },
    satisfiedShare: figure.satisfiedShare?.value ?? null,
    middleShare: figure.middleShare?.value ?? null,
    intervals: intervalsOf(figure),
    isSufficient: figure.isSufficient,
    ...{ proof, ...placed, pressed: pressedOf(row) },
    ...{ excluded, discounted, lastVoteAt, terminals, completeness },
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
