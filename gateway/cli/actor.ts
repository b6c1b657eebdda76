import { userInfo } from 'node:os';
import type { By } from '../store/changes.ts';

/** Who is at the command line, for the audit: the user of the operating system. */
export function cliActor(): By {
  return { actor: { kind: 'cli', user: userName() }, origin: 'local' };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user id without an entry in the password file, as containers have them.
    return String(process.getuid?.() ?? 'unknown');
  }
}
