/** What the gateway will not take; it says so itself, this only says it before the button is pressed. */
export const PASSWORD_CHARS = { min: 12, max: 128 };

/** As the gateway counts: what looks the same counts the same, on whatever keyboard it was typed. */
export function countChars(password: string): number {
  return [...password.normalize('NFKC')].length;
}
