/**
 * CSV (RFC 4180) as a person opens it in a spreadsheet: UTF-8 with the mark that Excel needs to see Chinese, and text that stays
 * what it is. Programs have JSON.
 */

export const BYTE_ORDER_MARK = '\uFEFF';

/** What Excel and LibreOffice take for a date or a truth although it begins with a letter, in English and in Chinese. */
const TAKEN_FOR_A_VALUE =
  /^(true|false)$|^(jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?|nov(ember)?|dec(ember)?)[^a-z]*\d|^[〇零一二三四五六七八九十]+[年月日时時点點]|^[上下]午\s*[\d〇一二三四五六七八九十]/iu;

/**
 * A cell of text. One that a spreadsheet would change gets an apostrophe before it: `1-2` is no date, `1e5` and `0012` are no
 * numbers, `=1+1` is no formula (https://owasp.org/www-community/attacks/CSV_Injection). So does one that begins with an
 * apostrophe: whoever takes one away at the beginning has the text as it was.
 */
export function textCell(text: string): string {
  const changed = text !== '' && (!/^\p{L}/u.test(text) || TAKEN_FOR_A_VALUE.test(text));
  const kept = changed ? `'${text}` : text;
  return /[",\r\n]/.test(kept) ? `"${kept.replaceAll('"', '""')}"` : kept;
}

/** Cells that are numbers, or text that `textCell` has made. */
export function csvLine(cells: readonly (string | number)[]): string {
  return `${cells.join(',')}\r\n`;
}
