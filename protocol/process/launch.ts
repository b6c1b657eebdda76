/** How a program begins, and how it ends when nobody has foreseen it. */

import { wantsStacks } from './config.ts';
import { tellFault } from './fault.ts';
import { findNodeFault } from './node-version.ts';
import { createSink } from './sink.ts';

/** @param load imports the program: only after the look at Node.js, which may be too old to resolve what it imports. */
export function launch(load: () => Promise<{ run(): Promise<unknown> }>): void {
  const old = findNodeFault(process.versions.node);
  if (old !== null) endWith(old);
  // Also for rejections that nobody handles (https://nodejs.org/api/cli.html#--unhandled-rejectionsmode).
  process.on('uncaughtException', endWith);
  load()
    .then(({ run }) => run())
    .catch(endWith);
}

/** Ends the process with status 1: every stored vote is on the disk already. */
export function endWith(error: unknown): never {
  const { code, message } = tellFault(error);
  const stack = wantsStacks() && error instanceof Error ? `\n${error.stack}` : '';
  const screen = createSink(2);
  screen.write(`${code}: ${message}${stack}\n`);
  screen.finish();
  process.exit(1);
}
