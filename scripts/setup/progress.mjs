// Runs one long step as a child process and shows how far it is; everything goes to stderr, because stdout belongs to the
// command that setup makes way for.
import { spawn } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';

/** Of a failed step's output: npm says what is wrong first, compilers last. */
const HEAD_LINES = 15;
const TAIL_LINES = 40;
/** What a step prints is kept for the day that it fails, and no more of it than that. */
const MOST_KEPT = 2_000_000;
const PLAIN_LINE_EVERY_MS = 20_000;
/** An estimate from less than this says nothing. */
const LEAST_SHARE = 0.1;
const LEAST_ELAPSED_MS = 5_000;
const NARROWEST = 20;

/** A step that ended badly. `output` is the beginning and the end of what it printed. */
export class StepFailed extends Error {
  constructor(title, reason, output) {
    super(`${title}: ${reason}`);
    this.output = output;
  }
}

/** `8 s`, `3 min 5 s`: not by the wall clock, which may be set while a new machine is being set up. */
export function formatSpan(ms) {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/**
 * What is said of a step under way: how long it has taken, how much is done (where that can be counted) and how long the rest
 * of that will take at the pace so far, or what is being done. The first is what a narrow terminal shows.
 * @param {{done?: number, all?: number, unit?: string, doing?: string}} seen
 */
export function describeProgress({ done, all, unit = '', doing }, elapsedMs) {
  const parts = [formatSpan(elapsedMs)];
  const counted = done !== undefined && all > 0;
  if (counted && done < all) parts.push(`${done} of ${all}${unit && ` ${unit}`}`);
  if (doing) parts.push(doing);
  const share = counted ? done / all : 0;
  if (share >= LEAST_SHARE && share < 1 && elapsedMs >= LEAST_ELAPSED_MS)
    parts.push(`about ${formatSpan((elapsedMs * (1 - share)) / share)} more`);
  return parts.join(' · ');
}

/** A line that is to be written over must not wrap: what has wrapped stays. All of it is ASCII but for marks of width one. */
export function fitLine(text, columns) {
  const room = Math.max(NARROWEST, (columns ?? 80) - 1);
  const signs = [...text];
  return signs.length <= room ? text : `${signs.slice(0, room - 1).join('')}…`;
}

function startIndicator(title, look) {
  const startedMs = performance.now();
  const elapsed = () => performance.now() - startedMs;
  const out = process.stderr;
  const tty = out.isTTY === true && process.env.TERM !== 'dumb';
  const say = (text) => out.write(tty ? `\r\x1b[K${fitLine(text, out.columns)}` : `${text}\n`);
  say(`· ${title} …`);
  const timer = setInterval(
    () => say(`· ${title} … ${describeProgress(look(), elapsed())}`),
    tty ? 1000 : PLAIN_LINE_EVERY_MS,
  );
  timer.unref();
  return (mark) => {
    clearInterval(timer);
    say(`${mark} ${title} (${formatSpan(elapsed())})`);
    if (tty) out.write('\n');
  };
}

/**
 * Runs `command` with `args`, shows `title` and how far it is, keeps its output back. Throws StepFailed.
 * @param {{
 *   title: string, command: string, args: string[], cwd: string,
 *   look?: () => object, hear?: (line: string) => void, isNoise?: (line: string) => boolean,
 * }} step `look` is asked for what describeProgress takes, `hear` is told every line that the command prints, and lines that
 *   are noise are not shown when it fails.
 */
export async function runStep({ title, command, args, cwd, look = () => ({}), hear, isNoise = () => false }) {
  const done = startIndicator(title, look);
  const output = [];
  let kept = 0;
  const take = (line) => {
    const plain = stripVTControlCharacters(line);
    hear?.(plain);
    if (isNoise(plain) || kept > MOST_KEPT) return;
    kept += line.length;
    output.push(line);
  };
  const reason = await new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) readLines(stream, take);
    const stopListening = stopWithUs(child);
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => {
      stopListening();
      resolve(code === 0 ? null : `ended with ${signal ?? `code ${code}`}`);
    });
  });
  done(reason === null ? '✓' : '✗');
  if (reason !== null) throw new StepFailed(title, reason, shorten(output));
}

function readLines(stream, take) {
  let rest = '';
  stream.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) take(line);
  });
  stream.on('end', () => rest !== '' && take(rest));
}

/** A step must not go on alone after its setup was told to end: the next setup would work in the same folders. */
function stopWithUs(child) {
  const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };
  const onSignal = (signal) => {
    child.kill('SIGTERM');
    child.on('close', () => process.exit(signals[signal]));
  };
  for (const signal of Object.keys(signals)) process.on(signal, onSignal);
  return () => {
    for (const signal of Object.keys(signals)) process.removeListener(signal, onSignal);
  };
}

function shorten(lines) {
  const left = lines.length - HEAD_LINES - TAIL_LINES;
  if (left <= 0) return lines.join('\n').trimEnd();
  return [...lines.slice(0, HEAD_LINES), `… ${left} lines …`, ...lines.slice(-TAIL_LINES)]
    .join('\n')
    .trimEnd();
}
