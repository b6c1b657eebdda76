/**
 * One rule for every text of a person that other people are shown: names of units, windows, accounts and links, reasons. Nothing in
 * it may turn the text around it (Trojan Source, CVE-2021-42574), hide, or be half a character that no file can hold.
 */

/** Made by its number, so that no editor shows the source in another order than it is read. */
const inHex = (character: string) =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;

const KINDS: readonly (readonly [RegExp, string])[] = [
  [/[\p{Cc}\p{Zl}\p{Zp}]/u, 'a control character or line break'],
  [/\p{Cs}/u, 'half a character (a surrogate alone)'],
  [/\p{Bidi_Control}/u, 'a control of the direction of writing'],
  [/\p{Noncharacter_Code_Point}/u, 'a code that is no character'],
  // Joiners and variation selectors make some characters what they are; all others of this kind only hide.
  [/(?!\u200C|\u200D|\p{Variation_Selector})\p{Default_Ignorable_Code_Point}/u, 'an invisible character'],
];
/** U+2800 is a blank of its own kind. */
const VISIBLE = /[^\p{Z}\p{Default_Ignorable_Code_Point}\p{M}\u2800]/u;

export type ShownText = { text: string; fault: null } | { text: null; fault: string };

/** @returns it in NFC, without white space around it; or why it cannot be taken, to follow "it". */
export function readShownText(given: string, maxChars: number): ShownText {
  const fault = (why: string): ShownText => ({ text: null, fault: why });
  const text = given.normalize('NFC').trim();
  for (const [kind, what] of KINDS) {
    const found = kind.exec(text)?.[0];
    if (found !== undefined) return fault(`holds ${what}: ${inHex(found)}`);
  }
  if (!VISIBLE.test(text)) return fault('holds nothing that can be seen');
  const length = [...text].length;
  return length > maxChars
    ? fault(`has ${length} characters: at most ${maxChars} are taken`)
    : { text, fault: null };
}

/** What a machine says of itself, e.g. a browser: kept as far as it can be shown. */
export function withoutHidden(text: string): string {
  return KINDS.reduce((clean, [kind]) => clean.replaceAll(new RegExp(kind, 'gu'), '\u{FFFD}'), text);
}
