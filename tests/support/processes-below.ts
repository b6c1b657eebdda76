/** The processes whose working folder lies in a folder: a server with all that it has started, also in sessions of their own. */
import { readdirSync, readlinkSync } from 'node:fs';

/** Those that have ended and are not waited for yet have no working folder any more. */
export function processesBelow(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      if (pid === process.pid) return false;
      try {
        const cwd = readlinkSync(`/proc/${pid}/cwd`).replace(/ \(deleted\)$/, '');
        return cwd === folder || cwd.startsWith(`${folder}/`);
      } catch {
        return false;
      }
    });
}

export function signalBelow(folder: string, name: NodeJS.Signals): number[] {
  const found = processesBelow(folder);
  for (const pid of found) {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended by itself.
    }
  }
  return found;
}

/** Until no new one appears: what is being started meanwhile is met, too. */
export function stopBelow(folder: string): void {
  for (let before = -1; ; ) {
    const { length } = signalBelow(folder, 'SIGSTOP');
    if (length === before) return;
    before = length;
  }
}
