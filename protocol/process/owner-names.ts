/** Whose a file is, in words. */
import { readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';

/** Node.js asks the system for the names of nobody but its own user. */
export function nameOfUser(uid: number): string {
  try {
    for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
      const [name, , id] = line.split(':');
      if (name && id === String(uid)) return name;
    }
  } catch {
    // No such file, as on other systems.
  }
  return uid === 0 ? 'root' : `user ${uid}`;
}

/** The user of this process; a container may run under a number that has no name. */
export function ownName(): string {
  const uid = process.geteuid?.();
  if (uid !== undefined) return nameOfUser(uid);
  try {
    return userInfo().username;
  } catch {
    return 'this user';
  }
}

/** The sentence for a path that this process may not use as it must. @param within what to give to its right owner. */
export function describeNotOurs(path: string, within?: string): string {
  const me = ownName();
  const [blocked, owner] = blockedAt(path);
  const folder = within ?? blocked;
  const who = owner === null ? 'may not be used' : `is owned by ${nameOfUser(owner)}`;
  const said = `${blocked} ${who}, and this runs as ${me}`;
  if (owner !== null && owner === process.geteuid?.())
    return `${blocked} is ${me}'s own, but its mode forbids it: run \`chmod -R u+rwX ${folder}\``;
  const folderOwner = ownerOf(folder);
  if (folderOwner === null || folderOwner === process.geteuid?.() || folder === blocked)
    return `${said}: run \`sudo chown -R ${me} ${folder}\``;
  return `${said}: run this as ${nameOfUser(folderOwner)}, or \`sudo chown -R ${me} ${folder}\``;
}

/** The nearest thing on the way to the path that can be looked at, and its owner. */
function blockedAt(path: string): [string, number | null] {
  const owner = ownerOf(path);
  if (owner !== null || dirname(path) === path) return [path, owner];
  return blockedAt(dirname(path));
}

function ownerOf(path: string): number | null {
  try {
    return statSync(path).uid;
  } catch {
    return null;
  }
}
