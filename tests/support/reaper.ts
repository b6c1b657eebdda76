/** Child processes of a test that failed before it ended them are ended with the process that runs the tests. */
import type { ChildProcess } from 'node:child_process';
import { signalBelow } from './processes-below.ts';

const children = new Set<ChildProcess>();
const folders = new Set<string>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  for (const folder of folders) signalBelow(folder, 'SIGKILL');
});

export function reap<T extends ChildProcess>(child: T): T {
  children.add(child);
  child.once('exit', () => children.delete(child));
  return child;
}

/** … and so is everything that works in this folder: what a server starts is in no group or session of ours. */
export function reapBelow(folder: string): () => void {
  folders.add(folder);
  return () => folders.delete(folder);
}
