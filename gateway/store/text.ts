/**
 * PostgreSQL's text holds no NUL, and UTF-8 no half of a surrogate pair. What is kept to be looked at must not be refused for
 * it, and what a terminal calls its boot must stay the same word each time.
 */
export function storable(text: string): string {
  return /[\0\p{Surrogate}]/u.test(text)
    ? text.replaceAll('\0', '\u2400').replaceAll(/\p{Surrogate}/gu, '\ufffd')
    : text;
}
