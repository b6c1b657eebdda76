/** What our programs say when something is wrong, read from their sources: codes, and sentences of warnings and errors. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NOT_CODES } from './not-codes.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Everything of ours that runs, wherever it has moved: every folder but the tests, and the measurements. */
const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.ts', '*.tsx', '*.mjs'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file.includes('/') && !/^(tests|scripts\/bench)\/|\.config\.ts$/.test(file))
  .filter((file) => existsSync(join(ROOT, file)));
export const sources = files.map((file) => ({ file, text: readFileSync(join(ROOT, file), 'utf8') }));

/** As words: line ends, and what Markdown needs, make no difference. */
export const words = (text: string) => text.replaceAll(/[\s`\\|*]+/g, ' ').trim();
/** Code → a file that says it. */
export function findCodes(): Map<string, string> {
  const codes = new Map<string, string>();
  const forms = [
    /'([a-z][a-z0-9]*(?:-[a-z0-9]+)+)'/g,
    // At the beginning of a sentence: `output-failed: the command …`.
    /(?:['"`]|\\n)([a-z][a-z0-9]*(?:-[a-z0-9]+)+): /g,
    // A single word is one where it is called so.
    /\bcode: '([a-z][a-z0-9-]*)'/g,
    /\bnew Refusal\(\s*\d+,\s*'([a-z][a-z0-9-]*)'/g,
    /\bbody\('([a-z][a-z0-9-]*)'/g,
  ];
  for (const { file, text } of sources)
    for (const form of forms)
      for (const [, code = ''] of text.matchAll(form)) if (!NOT_CODES.has(code)) codes.set(code, file);
  return codes;
}

/** Codes that are put together: `${kind}-unknown` as what the page must have at least one of. */
export function findBuiltCodes(): { form: RegExp; file: string }[] {
  return sources.flatMap(({ file, text }) =>
    (file.startsWith('dashboard/') ? [] : [...text.matchAll(/`([a-z-]*)\$\{[^}`]*\}([a-z-]*)`/g)])
      .filter(([, before = '', after = '']) => /[a-z]-$|^[a-z]+-$/.test(before) || /^-[a-z]/.test(after))
      .filter(([, before = '', after = '']) => !NOT_CODES.has(`${before}…${after}`))
      .map(([, before = '', after = '']) => ({ form: new RegExp(`\`${before}[a-z0-9-]+${after}\``), file })),
  );
}

/** The text between a parenthesis (bracket, brace) and the one that closes it. */
function insideFrom(text: string, start: number): string {
  let depth = 0;
  let quote = '';
  for (let at = start; at < text.length; at++) {
    const char = text[at] as string;
    if (quote !== '') {
      if (char === '\\') at += 1;
      else if (char === quote) quote = '';
    } else if (/['"`]/.test(char)) quote = char;
    else if (/[([{]/.test(char)) depth += 1;
    else if (/[)\]}]/.test(char) && --depth === 0) return text.slice(start + 1, at);
  }
  return text.slice(start + 1);
}

/** Sentences among the string literals of a call or a table. What a template fills in is not part of them. */
function sentencesIn(code: string, least = /\s\S+\s/): string[] {
  const literals = [...code.matchAll(/'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g)];
  return (
    literals
      .map(([, single, double, template]) => single ?? double ?? template ?? '')
      // What begins with a return is written over: how far something is.
      .filter((text) => least.test(text) && !text.startsWith('\\r'))
      // The code before a sentence is looked for by itself.
      .map((text) => text.replace(/^(?:\\n)*[a-z]+(?:-[a-z]+)+: /, ''))
      .flatMap((text) => text.split(/\$\{[^}]*\}|\\n/))
      .map(words)
      .map((text) => text.replace(/^[:;,.]+ ?|[ :;,.]+$/g, ''))
      .filter((text) => text.length > 8)
  );
}

/** A fault of an input is logged as it is said. */
const LOGS = /\b(?:(?:log|logger)(?:\.(?:warn|error|fatal)|\[[^\]\n]+\])|onFault|faults\.set)\(/g;
/** `log[told ? 'info' : 'debug'](` */
const isQuiet = (call: string) => /'(?:info|debug)'/.test(call) && !/'(?:warn|error|fatal)'/.test(call);
/** What is said to somebody at a screen, or about a line that is gone. */
const SAYS =
  /\b(?:complain|program\.error|console\.error|process\.stderr\.write|say|fail|new Unfit|new InvalidArgumentError)\(/g;
/** Written as pino would. */
const LINES = /\bmsg: (?=['"`])|^\s+const message = (?=['"`])/gm;
/** Words that are logged by their name: a table or a sentence at the top of a file that logs. */
const TABLES = /^(?:export )?const ([A-Z][A-Z_]+)\b[^=\n]*=\s*(?:new Map\()?([[{'"`])/gm;

export function saidIn(file: string, text: string): string[] {
  const from = (found: RegExp, least?: RegExp) =>
    [...text.matchAll(found)]
      .filter(([call]) => !isQuiet(call))
      .flatMap((call) => sentencesIn(insideFrom(text, call.index + call[0].length - 1), least));
  const said = [
    ...from(LOGS, /\S \S/),
    ...(/^dashboard\/|^scripts\/demo\/screen/.test(file) ? [] : from(SAYS)),
    ...[...text.matchAll(file.startsWith('device/') ? LINES : /\bmsg: (?=['"`])/g)].flatMap(({ index }) =>
      sentencesIn(text.slice(index).split('\n')[0] as string),
    ),
  ];
  if (!/\blog[.[]|\bcomplain\(|\bnew DeviceError\(/.test(text)) return said;
  const tables = [...text.matchAll(TABLES)].filter(
    ([, name = '']) => !/HELP|USAGE|NOTE|SETTINGS|TERMINAL|MAGIC/.test(name),
  );
  return [
    ...said,
    ...tables.flatMap((table) => {
      const start = table.index + table[0].length - 1;
      const literal = /['"`]/.test(table[2] as string);
      return sentencesIn(literal ? (text.slice(start).split(/;\n/)[0] as string) : insideFrom(text, start));
    }),
  ];
}
