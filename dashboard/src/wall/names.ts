/**
 * A name in two parts, so that a narrow tile may cut the first and still show the second: windows of one hall mostly
 * differ in the number at the end.
 */
export function splitName(name: string): { head: string; tail: string } {
  const tail =
    /[A-Za-z]?[0-9０-９一二三四五六七八九十]+\s?(?:号|号窗口|号窗|窗口|窗|号台)?$/.exec(name)?.[0] ?? '';
  return { head: name.slice(0, name.length - tail.length), tail };
}

/** More than fits on one line of a large tile: a Chinese character is as wide as two others. */
export function isLongName(name: string): boolean {
  const width = [...name].reduce((sum, sign) => sum + (sign > '\u2e80' ? 2 : 1), 0);
  return width > LONG_NAME;
}

const LONG_NAME = 26;
