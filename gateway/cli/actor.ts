import { userInfo } from 'node:os';
import type { By } from '../store/changes.ts';

/** Who is at the command line, for the audit: the user of the operating system, and who had themselves made it (sudo(8), `SUDO_USER`). */
export function cliActor({ SUDO_USER: person = '' }: NodeJS.ProcessEnv = process.env): By {
  const user = userName();
  const isOther = /^[\w.@-]{1,64}$/.test(person) && person !== user;
  return { actor: { kind: 'cli', user: isOther ? `${user} for ${person}` : user }, origin: 'local' };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user id without an entry in the password file, as containers have them.
    return String(process.getuid?.() ?? 'unknown');
  }
}
