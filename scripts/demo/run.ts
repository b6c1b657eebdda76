/** The demo from its first word to its last: what it is started with, and that whatever it has started is ended. */
import { fileURLToPath } from 'node:url';
import { quietStreams } from '../../protocol/process/quiet-streams.ts';
import { DEMO_HELP, parseDemoArgs } from './demo-args.ts';
import { DemoError } from './demo-error.ts';
import { startOneGateway } from './one-gateway.ts';
import { type Child, describe, type Ending } from './processes/child.ts';
import { startKeeper } from './processes/keeper.ts';
import { KEYBOARD_TERMINAL } from './processes/keyboard-terminal.ts';
import { claimDataDir } from './processes/only-one.ts';
import { startProvince } from './province/province.ts';
import { complain, showEnding } from './screen/screen.ts';
import type { End, Stage } from './stage.ts';

/** A child that ends with us may be seen before our own signal is. */
const SIGNAL_LAG_MS = 300;

/** This file runs as dist/scripts/demo/run.js. */
const dataRoot = fileURLToPath(new URL('../../../data', import.meta.url));

export async function run(): Promise<void> {
  quietStreams();
  process.exit(await runDemo());
}

async function runDemo(): Promise<number> {
  const parsed = parseDemoArgs(process.argv.slice(2), dataRoot, process.cwd());
  if (parsed.kind === 'help') {
    process.stdout.write(DEMO_HELP);
    return 0;
  }
  if (parsed.kind === 'wrong') {
    process.stderr.write(`${parsed.mistakes.join('\n')}\nSee npm run demo -- --help.\n`);
    return 2;
  }

  const asked = new AbortController();
  const hurried = new AbortController();
  const askForEnd = () => {
    if (asked.signal.aborted) return hurried.abort();
    asked.abort();
    showEnding();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, askForEnd);
  const ends: End[] = [];
  const children: Child[] = [];
  let release = () => {};
  try {
    release = claimDataDir(parsed.options.dataDir);
    await start({
      options: parsed.options,
      keeper: startKeeper(),
      ...{ asked: asked.signal, askForEnd },
      onEnd: (act) => ends.unshift(act),
      endsWith: (child) => children.push(child),
    });
    const failure = await untilEnd(children, asked.signal);
    if (failure !== null) complain('child-ended', describe(failure));
    return failure === null ? 0 : 1;
  } catch (error) {
    if (asked.signal.aborted) return 0;
    if (!(error instanceof DemoError)) throw error;
    complain(error.code, error.message);
    return 1;
  } finally {
    await endAll(ends, hurried.signal);
    release();
  }
}

const start = (stage: Stage): Promise<void> =>
  stage.options.province ? startProvince(stage) : startOneGateway(stage);

/** One that fails does not keep the others from their end. */
async function endAll(ends: End[], hurried: AbortSignal): Promise<void> {
  const failures: unknown[] = [];
  for (const act of ends) await act(hurried).catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

/** @returns the child that ended by itself, or null when the end was asked for */
async function untilEnd(children: Child[], signal: AbortSignal): Promise<Ending | null> {
  const asked = new Promise<null>((resolve) => {
    if (signal.aborted) resolve(null);
    signal.addEventListener('abort', () => resolve(null));
  });
  const first = await Promise.race([asked, ...children.map((child) => child.ended)]);
  if (first === null) return null;
  // The keyboard terminal holds the terminal line: Ctrl-C reaches it alone, and it ends in good order.
  if (first.name === KEYBOARD_TERMINAL && first.code === 0) return null;
  const lag = new Promise<Ending>((resolve) => setTimeout(() => resolve(first), SIGNAL_LAG_MS));
  return Promise.race([asked, lag]);
}
