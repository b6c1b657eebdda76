/**
 * The rows of one answer, as JSON: those of the board, with all that is told of a figure, and their places in the tree of whoever
 * asks. What a row depends on rarely changes from one answer to the next, so each part of its text is kept by that, and an answer
 * is put together from texts: of a whole city it has seven megabytes.
 */

import type { LiveRow } from '../../protocol/live.ts';
import type { FigureRules, Period, Place } from '../../protocol/score.ts';
import { type OrgTree, unitsBelow } from '../domain/org.ts';
import type { Board } from './board.ts';
import type { Rows } from './kept-rows.ts';
import { createPlaces } from './places.ts';
import { layOut, type RowLayout, type Siblings } from './row-layout.ts';
import { createRowTexts, placesText } from './row-texts.ts';

/** What rows are asked for; `unitId`: of it and what is below it alone, with the places that they have in the whole tree. */
export type AskedRows = { tree: OrgTree; period: Period; unitId?: string | undefined };

export type ScoreRows = {
  /**
   * Every unit of the tree (parents first), then every window: JSON, an array of `ScoreRow`.
   * @param lead, @param trail what stands around it
   */
  json(asked: AskedRows, now: number, lead: string, trail: string): Buffer;
};

export type ScoreRowsDeps = {
  board: Pick<Board, 'rows'>;
  /** The whole one, whose rows the board has. */
  tree: () => OrgTree;
  figures: () => FigureRules;
};

export function createScoreRows({ board, tree: wholeTree, figures }: ScoreRowsDeps): ScoreRows {
  const places = createPlaces(figures);
  const texts = createRowTexts();
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
  const amongSiblings = (period: Period, rows: readonly LiveRow[], groups: readonly Siblings[]) => {
    const found = new Array<Place | null>(rows.length).fill(null);
    for (const { name, members } of groups) {
      const own = Array.from(members, (at) => rows[at] as LiveRow);
      placesIn(`${period} ${name}`, own).forEach((place, nth) => {
        found[members[nth] as number] = place;
      });
    }
    return found;
  };

  return {
    json({ tree, period, unitId }, now, lead, trail) {
      const rules = figures();
      const rows = board.rows(period, now);
      const layout = layoutOf(tree, rows);
      const units = Array.from(layout.units, (at) => rows.units[at] as LiveRow);
      const windows = Array.from(layout.windows, (at) => rows.windows[at] as LiveRow);
      const unitPlaces = amongSiblings(period, units, layout.unitSiblings);
      const windowPlaces = amongSiblings(period, windows, layout.windowSiblings);
      const placesOfAll = placesIn(`${period} all below ${tree.units[0]?.id}`, windows);
      const asked = unitId === undefined ? null : unitsBelow(tree, unitId);
      const answer = createAnswer(`${lead}[`, `]${trail}`);
      units.forEach((row, at) => {
        if (asked && !asked.has(row.id)) return;
        const { figures: first, rest } = texts.of(period, row, rules);
        answer.add(layout.unitHeads[at] as Buffer, first, placesText(unitPlaces[at] ?? null, null), rest);
      });
      windows.forEach((row, at) => {
        if (asked && !asked.has(row.parentId ?? '')) return;
        const { figures: first, rest } = texts.of(period, row, rules);
        const placed = placesText(windowPlaces[at] ?? null, placesOfAll[at] ?? null);
        answer.add(layout.windowHeads[at] as Buffer, first, placed, rest);
      });
      return answer.bytes();
    },
  };
}

const COMMA = 0x2c;

/** Heads have names in whatever script; the rest of a row is ASCII, a byte a character. */
function createAnswer(lead: string, trail: string) {
  const [before, after] = [Buffer.from(lead), Buffer.from(trail)];
  const heads: Buffer[] = [];
  const texts: string[] = [];
  let length = before.length + after.length;
  return {
    add(head: Buffer, figures: string, placed: string, rest: string) {
      length += head.length + figures.length + placed.length + rest.length + (heads.length === 0 ? 0 : 1);
      heads.push(head);
      texts.push(figures, placed, rest);
    },
    bytes() {
      const bytes = Buffer.allocUnsafeSlow(length);
      let end = before.copy(bytes);
      heads.forEach((head, at) => {
        if (at > 0) {
          bytes[end] = COMMA;
          end += 1;
        }
        bytes.set(head, end);
        end += head.length;
        // Without an encoding: to look up which one costs more than to write.
        for (let part = 3 * at; part < 3 * at + 3; part++) end += bytes.write(texts[part] as string, end);
      });
      after.copy(bytes, end);
      return bytes;
    },
  };
}
