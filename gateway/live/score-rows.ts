/**
 * The rows of one answer, as JSON: those of the board, with all that is told of a figure, and their places in the tree of whoever
 * asks. Of a whole city it has seven megabytes, and little of it changes from one answer to the next: an answer is made from the
 * one before, places of those compared are looked at when one of them is another row, and each text is kept by what it depends on.
 */
import type { LiveRow } from '../../protocol/live.ts';
import type { FigureRules, Period, Place, ScoreGroup } from '../../protocol/score.ts';
import { type OrgTree, unitsBelow } from '../domain/org.ts';
import { type AnswerParts, writeAnswer } from './answer-bytes.ts';
import type { Board } from './board.ts';
import { createKeptAnswers } from './kept-answers.ts';
import type { Rows } from './kept-rows.ts';
import { createPlaces } from './places.ts';
import { layOut, type RowLayout, type Siblings } from './row-layout.ts';
import { createRowTexts } from './row-texts.ts';
import { type AskedFigures, groupOf } from './score-groups.ts';

/** What rows are asked for; `unitId`: of it and what is below it alone, with the places that they have in the whole tree. */
export type AskedRows = { tree: OrgTree; period: Period; unitId?: string | undefined };

export type ScoreRows = {
  /**
   * Every unit of the tree (parents first), then every window: JSON, an array of `ScoreRow`.
   * @param lead, @param trail what stands around it
   */
  json(asked: AskedRows, now: number, lead: string, trail: string): Buffer;
  /** Of the same rows; made anew each time. */
  groups(asked: AskedRows, now: number, figures: AskedFigures): ScoreGroup[];
};

export type ScoreRowsDeps = {
  board: Pick<Board, 'rows'>;
  /** The whole one, whose rows the board has. */
  tree: () => OrgTree;
  figures: () => FigureRules;
};

/** The rows of a tree in a period, and their places. */
type Standing = {
  layout: RowLayout;
  /** Of the board. */
  whole: Rows;
  units: Placed;
  windows: Placed;
  placesOfAll: readonly (Place | null)[];
};
type Placed = { rows: readonly LiveRow[]; places: readonly (Place | null)[] };

export function createScoreRows({ board, tree: wholeTree, figures }: ScoreRowsDeps): ScoreRows {
  const places = createPlaces(figures);
  const texts = createRowTexts();
  const answers = createKeptAnswers();
  const standings = new WeakMap<OrgTree, Map<Period, Standing>>();
  const layouts = new WeakMap<OrgTree, { whole: OrgTree; layout: RowLayout }>();
  const layoutOf = (tree: OrgTree, rows: Rows): RowLayout => {
    const known = layouts.get(tree);
    if (known && known.whole === wholeTree()) return known.layout;
    const layout = layOut(tree, rows);
    layouts.set(tree, { whole: wholeTree(), layout });
    return layout;
  };
  const placesIn = (group: string, rows: readonly LiveRow[]) =>
    places.of(
      group,
      rows.map(({ counts }) => counts),
    );
  const amongSiblings = (
    period: Period,
    rows: readonly LiveRow[],
    groups: readonly Siblings[],
    before: Placed | undefined,
  ): Placed => {
    const found = new Array<Place | null>(rows.length).fill(null);
    for (const { name, members } of groups) {
      if (before && members.every((at) => rows[at] === before.rows[at])) {
        for (const at of members) found[at] = before.places[at] ?? null;
        continue;
      }
      const own = Array.from(members, (at) => rows[at] as LiveRow);
      placesIn(`${period} ${name}`, own).forEach((place, nth) => {
        found[members[nth] as number] = place;
      });
    }
    return { rows, places: found };
  };
  const standingOf = (tree: OrgTree, period: Period, now: number): Standing => {
    const whole = board.rows(period, now);
    const layout = layoutOf(tree, whole);
    const known = standings.get(tree) ?? new Map<Period, Standing>();
    standings.set(tree, known);
    const before = known.get(period)?.layout === layout ? known.get(period) : undefined;
    if (before?.whole === whole) return before;
    const units = Array.from(layout.units, (at) => whole.units[at] as LiveRow);
    const windows = Array.from(layout.windows, (at) => whole.windows[at] as LiveRow);
    const standing: Standing = {
      ...{ layout, whole },
      units: amongSiblings(period, units, layout.unitSiblings, before?.units),
      windows: amongSiblings(period, windows, layout.windowSiblings, before?.windows),
      placesOfAll: placesIn(`${period} all below ${tree.units[0]?.id}`, windows),
    };
    known.set(period, standing);
    return standing;
  };

  return {
    json({ tree, period, unitId }, now, lead, trail) {
      const rules = figures();
      const standing = standingOf(tree, period, now);
      const name = `${period}/${unitId ?? ''}`;
      const before = answers.of(tree, name);
      const parts = before?.of === standing ? before.answer.parts : partsOf(tree, standing, unitId);
      const deps = {
        lead: `${lead}[`,
        trail: `]${trail}`,
        textOf: (row: LiveRow) => texts.of(period, row, rules),
      };
      const answer = writeAnswer(parts, deps, before?.answer ?? null);
      answers.keep(tree, name, { of: standing, answer });
      return answer.bytes;
    },
    groups({ tree, period, unitId }, now, asked) {
      const { minimum } = figures();
      const { layout, units, windows, placesOfAll } = standingOf(tree, period, now);
      const isAsked = askedOf(tree, unitId);
      const group = (
        among: ScoreGroup['among'],
        parentId: string | null,
        { rows, places: placed }: Placed,
      ) => {
        const [first] = rows;
        const head = { among, kind: first?.kind ?? 'window', parentId };
        return rows.some(isAsked)
          ? [groupOf({ ...head, rows, places: placed }, { ...asked, isAsked, minimum })]
          : [];
      };
      const siblings = ({ rows, places: placed }: Placed, groups: readonly Siblings[]) =>
        groups.flatMap(({ parentId, members }) =>
          group('siblings', parentId, {
            rows: Array.from(members, (at) => rows[at] as LiveRow),
            places: Array.from(members, (at) => placed[at] ?? null),
          }),
        );
      return [
        ...siblings(units, layout.unitSiblings),
        ...siblings(windows, layout.windowSiblings),
        ...group('all', null, { rows: windows.rows, places: placesOfAll }),
      ];
    },
  };
}

/** What rows are told where a unit is asked for: of it and what is below it. */
function askedOf(tree: OrgTree, unitId: string | undefined): (row: LiveRow) => boolean {
  const below = unitId === undefined ? null : unitsBelow(tree, unitId);
  return ({ kind, id, parentId }) => below === null || below.has(kind === 'unit' ? id : (parentId ?? ''));
}

function partsOf(
  tree: OrgTree,
  { layout, units, windows, placesOfAll }: Standing,
  unitId: string | undefined,
): AnswerParts {
  const isAsked = askedOf(tree, unitId);
  const parts = {
    rows: [] as LiveRow[],
    heads: [] as Buffer[],
    places: [] as (Place | null)[],
    placesOfAll: [] as (Place | null)[],
  };
  const add = (row: LiveRow, head: Buffer | undefined, place: Place | null, placeOfAll: Place | null) => {
    parts.rows.push(row);
    parts.heads.push(head as Buffer);
    parts.places.push(place);
    parts.placesOfAll.push(placeOfAll);
  };
  units.rows.forEach((row, at) => {
    if (isAsked(row)) add(row, layout.unitHeads[at], units.places[at] ?? null, null);
  });
  windows.rows.forEach((row, at) => {
    if (isAsked(row)) add(row, layout.windowHeads[at], windows.places[at] ?? null, placesOfAll[at] ?? null);
  });
  return parts;
}
