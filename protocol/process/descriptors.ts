/** How many files and connections this process may have open at once. Node.js has raised the soft limit to the hard one by itself. */
import { closeSync, openSync, readFileSync } from 'node:fs';

/** Null where the system does not say (other than Linux), or there is none. */
export function descriptorLimit(): number | null {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? null : Number(soft);
  } catch {
    return null;
  }
}

/**
 * The lowest number that is free: at least so many are in use. Null when none is left: libuv then takes and closes connections
 * without a word to the program.
 */
export function lowestFreeDescriptor(): number | null {
  try {
    const free = openSync('/dev/null', 'r');
    closeSync(free);
    return free;
  } catch (error) {
    if (['EMFILE', 'ENFILE'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}
