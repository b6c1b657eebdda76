/** How much room text takes on a terminal: a Chinese character takes two columns. */

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/;

export const columnsOf = (text: string): number =>
  [...text].reduce((sum, sign) => sum + (WIDE.test(sign) ? 2 : 1), 0);

/** As much of its beginning as there is room for. */
export function cutTo(text: string, columns: number): string {
  let [fitting, used] = ['', 0];
  for (const sign of text) {
    used += columnsOf(sign);
    if (used > columns) break;
    fitting += sign;
  }
  return fitting;
}

/** Cells side by side, as many a line as there is room for, none cut unless it is alone. */
export function flow(cells: readonly string[], columns: number, gap: string): string[] {
  const lines: string[] = [];
  for (const cell of cells) {
    const last = lines.at(-1);
    const longer = `${last}${gap}${cell}`;
    if (last !== undefined && columnsOf(longer) <= columns) lines[lines.length - 1] = longer;
    else lines.push(cutTo(cell, columns));
  }
  return lines;
}

/** Broken between words, what comes after the first line moved in by two. A word longer than a line is left to the terminal. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && columnsOf(`${last} ${word}`) <= columns)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(last === undefined ? word : `  ${word}`);
  }
  return lines;
}
