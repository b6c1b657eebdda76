/** The files of docs/operations, as an operator copies them: what a test starts differs from them in addresses, ports and folders alone. */
import { readFileSync } from 'node:fs';

const FOLDER = new URL('../../../docs/operations/', import.meta.url);

export const documented = (name: string): string => readFileSync(new URL(name, FOLDER), 'utf8');

/** With these words replaced, each of which must be there: a test that replaces nothing has not been told of a change. */
export function replaceWords(text: string, words: Readonly<Record<string, string>>): string {
  return Object.entries(words).reduce((changed, [word, by]) => {
    if (!changed.includes(word)) throw new Error(`docs/operations does not say ${word} any more`);
    return changed.replaceAll(word, by);
  }, text);
}

/** What its first lines tell to do on the other machines: their own name and address in the lines that are about themselves. */
export function asMachine(text: string, number: number, isOwn: (line: string) => boolean): string {
  return text
    .split('\n')
    .map((line) =>
      isOwn(line)
        ? line.replaceAll('db1', `db${number}`).replaceAll('10.20.0.11', `10.20.0.1${number}`)
        : line,
    )
    .join('\n');
}

/** `NAME=value` lines, as systemd reads them. */
export function environmentOf(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => /^[A-Z]/.test(line));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}
