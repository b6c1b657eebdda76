/**
 * docs/trouble.md names every coded error and every log line of level warn or above: whoever meets one finds what it means and
 * what to do. Read from the sources, so that a new one cannot be forgotten; and the page says nothing that is not there.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { enObstacles, zhObstacles } from '../../../dashboard/src/parts/obstacles.ts';
import { enSession, zhSession } from '../../../dashboard/src/parts/session-messages.ts';
import { en, zh } from '../../../dashboard/src/wall/messages.ts';
import { createProgram } from '../../../gateway/cli/run.ts';
import { QUARANTINE_REASONS } from '../../../gateway/ingest/reasons.ts';
import { COMPLETENESS_STATES } from '../../../protocol/score.ts';
import { NOT_CODES } from '../../support/not-codes.ts';
import { findBuiltCodes, findCodes, saidIn, sources, words } from '../../support/what-programs-say.ts';

const ROOT = join(import.meta.dirname, '../../..');
const page = readFileSync(join(ROOT, 'docs/trouble.md'), 'utf8');

const everything = sources.map(({ text }) => text).join('\n');
const PAGE_WORDS = words(page);

/** First cells of the tables whose first column is headed so. */
function firstCells(heading: string): string[] {
  const cells: string[] = [];
  let inside = false;
  for (const line of page.split('\n')) {
    const [, first = ''] = line.split(/(?<!\\)\|/);
    if (!line.startsWith('|')) inside = false;
    else if (first.trim() === heading) inside = true;
    else if (inside && !/^\s*-+\s*$/.test(first)) cells.push(first);
  }
  return cells;
}
const codesOfPage = firstCells('code').flatMap((cell) =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code),
);

/** Of the wall's words. */
const SHOWN =
  /^(offlineSince|neverOnline|complete|pending|missing|mismatch|unknownSince|held|setAside|excluded|clockApart|lostSince|neverHeard|linkDead|sessionEnded|insufficient)$/;

describe('docs/trouble.md', () => {
  const codes = findCodes();

  it('names every code', () => {
    expect(codes.size).toBeGreaterThan(220);
    const missing = [...codes].filter(([code]) => !page.includes(`\`${code}\``));
    expect(missing.map(([code, file]) => `${code} (${file})`)).toEqual([]);
  });

  it('names every code that is put together', () => {
    const built = findBuiltCodes();
    expect(built.length).toBeGreaterThanOrEqual(3);
    expect(built.filter(({ form }) => !form.test(page)).map(({ form, file }) => `${form} (${file})`)).toEqual(
      [],
    );
  });

  it('has every reason for quarantine in a row of its own, and every state of completeness', () => {
    expect(QUARANTINE_REASONS.filter((reason) => !codesOfPage.includes(reason))).toEqual([]);
    expect(COMPLETENESS_STATES.filter((state) => !page.includes(`\`${state}\``))).toEqual([]);
  });

  it('names no code that nothing says', () => {
    const built = findBuiltCodes();
    expect(codesOfPage.length).toBeGreaterThan(200);
    const known = (code: string) =>
      codes.has(code) ||
      everything.includes(`'${code}'`) ||
      built.some(({ form }) => form.test(`\`${code}\``));
    expect(codesOfPage.filter((code) => !known(code))).toEqual([]);
  });

  it('knows no word for a non-code that is nowhere any more', () => {
    const all = (word: string) =>
      word.includes('…')
        ? new RegExp(`\`${word.replace('…', '\\$\\{[^}`]*\\}')}\``).test(everything)
        : everything.includes(`'${word}'`);
    expect([...NOT_CODES].filter((word) => !all(word))).toEqual([]);
    expect([...NOT_CODES].filter((word) => codesOfPage.includes(word))).toEqual([]);
  });

  it('has every line that is logged as a warning or an error, and what a program says before it ends', () => {
    const lines = sources.flatMap(({ file, text }) => saidIn(file, text).map((line) => ({ file, line })));
    expect(lines.length).toBeGreaterThan(90);
    const missing = lines.filter(({ line }) => !PAGE_WORDS.includes(line));
    expect(missing.map(({ file, line }) => `${line} (${file})`)).toEqual([]);
  });

  it('has what the pages show when something is wrong, in both languages', () => {
    const shown = [en, zh].flatMap((text) =>
      Object.entries(text as Record<string, unknown>)
        .filter(([key]) => SHOWN.test(key))
        .map(([, words]) => String(typeof words === 'function' ? words('0') : words)),
    );
    for (const text of [enObstacles, zhObstacles])
      shown.push(
        text.noWebsocket.title,
        text.originForeign('').title,
        text.wallsTooMany.title,
        text.answerForeign(0).title,
      );
    for (const { trouble } of [enSession, zhSession]) shown.push(trouble.throttled, trouble.unreachable);
    expect(shown.length).toBeGreaterThan(30);
    const bare = (text: string) => words(text).replaceAll('’', "'").toLowerCase();
    const all = bare(page);
    const missing = shown.filter((text) =>
      text.split(/\s*0\s*/).some((part) => bare(part).length > 1 && !all.includes(bare(part))),
    );
    expect(missing).toEqual([]);
  });

  it('says of everything the cause, how to see it, and what to do', () => {
    const sections = page.split(/^(?=##)/m).filter((section) => section.startsWith('### '));
    expect(sections.length).toBeGreaterThan(30);
    for (const section of sections)
      for (const part of ['**Cause.**', '**See.**', '**Do.**'])
        expect(section, section.split('\n')[0]).toContain(part);
  });

  it('leaves no cell of a row of codes empty', () => {
    const rows = page.split('\n').filter((line) => /^\| `/.test(line));
    expect(rows.length).toBeGreaterThan(200);
    expect(rows.filter((row) => /\|\s*\|/.test(row))).toEqual([]);
  });

  it('names no setting and no metric that is not there', () => {
    const named = new Set(page.match(/\b(?:MANYI|manyi)_[A-Za-z_]*[A-Za-z]\b/g));
    expect(named.size).toBeGreaterThan(30);
    expect([...named].filter((name) => !everything.includes(name))).toEqual([]);
  });

  it('names no command and no option that is not there', () => {
    const program = createProgram();
    const spans = [...page.matchAll(/`manyi ([^`…]+)[^`]*`/g)].map(([, text = '']) => text.split(/\s+/));
    expect(spans.length).toBeGreaterThan(60);
    const unknown = spans.filter((parts) => {
      let command: Command = program;
      let at = 0;
      for (; at < parts.length; at++) {
        const inner = command.commands.find((one) => one.name() === parts[at]);
        if (!inner) break;
        command = inner;
      }
      const known = [...command.options, ...program.options].flatMap(({ long }) => long ?? []);
      const options = parts.filter((part) => part.startsWith('--'));
      const isCommand =
        at > 0 && (command.commands.length === 0 || at === parts.length || /^[A-Z-]/.test(parts[at] ?? ''));
      return parts[0] !== '--help' && (!isCommand || options.some((option) => !known.includes(option)));
    });
    expect(unknown.map((parts) => parts.join(' '))).toEqual([]);
  });

  it('leads from its index to sections that are there', () => {
    const anchorOf = (title: string) =>
      title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-');
    const anchors = new Set([...page.matchAll(/^#{2,3} (.+)$/gm)].map(([, title = '']) => anchorOf(title)));
    const led = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = '']) => anchor);
    expect(led.length).toBeGreaterThan(30);
    expect(led.filter((anchor) => !anchors.has(anchor))).toEqual([]);
  });
});
