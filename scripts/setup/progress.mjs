// Runs one long step as a child process and shows that it is under way; everything goes to stderr, because stdout
// belongs to the command that setup makes way for.
import { spawn } from 'node:child_process';

/** Of a failed step's output: npm says what is wrong first, compilers last. */
const HEAD_LINES = 15;
const TAIL_LINES = 40;
const PLAIN_LINE_EVERY_MS = 20_000;

/** A step that ended badly. `output` is the beginning and the end of what it printed. */
export class StepFailed extends Error {
  constructor(title, reason, output) {
    super(`${title}: ${reason}`);
    this.output = output;
  }
}

const seconds = (sinceMs) => `${Math.round((Date.now() - sinceMs) / 1000)} s`;

function startIndicator(title) {
  const startedMs = Date.now();
  const tty = process.stderr.isTTY === true;
  const line = (mark, end) => process.stderr.write(`${tty ? '\r\x1b[K' : ''}${mark} ${title}${end}`);
  line('·', tty ? ' …' : ' …\n');
  const timer = setInterval(
    () => line('·', ` … ${seconds(startedMs)}${tty ? '' : '\n'}`),
    tty ? 1000 : PLAIN_LINE_EVERY_MS,
  );
  timer.unref();
  return (mark) => {
    clearInterval(timer);
    line(mark, ` (${seconds(startedMs)})\n`);
  };
}

/**
 * Runs `command` with `args`, shows `title` and the time it takes, keeps its output back. Throws StepFailed.
 * @param {{title: string, command: string, args: string[], cwd: string}} step
 */
export async function runStep({ title, command, args, cwd }) {
  const done = startIndicator(title);
  const output = [];
  const reason = await new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => output.push(text));
    const stopListening = stopWithUs(child);
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => {
      stopListening();
      resolve(code === 0 ? null : `ended with ${signal ?? `code ${code}`}`);
    });
  });
  done(reason === null ? '✓' : '✗');
  if (reason !== null) {
    throw new StepFailed(title, reason, shorten(output.join('').trimEnd().split('\n')));
  }
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
  if (left <= 0) return lines.join('\n');
  return [...lines.slice(0, HEAD_LINES), `… ${left} lines …`, ...lines.slice(-TAIL_LINES)].join('\n');
}
