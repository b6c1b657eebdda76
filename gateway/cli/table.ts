/** Columns that stand below each other on a terminal, where a Chinese character is as wide as two others. */

/** East Asian Width W and F, as far as names have them (Unicode Standard Annex 11). */
const WIDE =
  /^(?:\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}|[\u3000-\u303e\uff01-\uff60\uffe0-\uffe6])/u;
const NONE = /^[\p{Mn}\p{Me}\p{Cf}]/u;

const widthOf = (text: string): number =>
  [...text].reduce((sum, one) => sum + (NONE.test(one) ? 0 : WIDE.test(one) ? 2 : 1), 0);

export type TableColumn = { heading: string; isNumber?: boolean; cells: readonly string[] };

/** Lines, the heading first. Numbers end below each other, text begins so; a column with nothing in it is left out. */
export function tableLines(columns: readonly TableColumn[]): string[] {
  const shown = columns.filter(({ cells }) => cells.some((cell) => cell !== ''));
  const padded = shown.map(({ heading, isNumber = false, cells }) => {
    const all = [heading, ...cells];
    const width = Math.max(...all.map(widthOf));
    return all.map((cell) => {
      const space = ' '.repeat(width - widthOf(cell));
      return isNumber ? space + cell : cell + space;
    });
  });
  const rows = padded[0]?.length ?? 0;
  return Array.from({ length: rows }, (_, row) =>
    padded
      .map((cells) => cells[row])
      .join('  ')
      .trimEnd(),
  );
}
