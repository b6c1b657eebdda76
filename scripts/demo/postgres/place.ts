/** Where the servers keep their data and their sockets, open to the user that they run as and to nobody else. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { User } from '../processes/child.ts';

export type Place = {
  user: User | null;
  /** Made anew where it is asked for: of a server, its data; or a short folder for its socket. */
  dataOf(server: number): string;
  socketOf(server: number): string;
  /** Empty from now on. */
  clear(folder: string): void;
  /** A file that only the servers may read. */
  secret(name: string, text: string): string;
  forget(file: string): void;
  /** Of what is of no use when the servers have ended. */
  readonly passing: string;
  /** … and they have. */
  leave(): void;
};

/** What a system takes for the path of a socket (`sun_path`, 104 bytes on macOS), less the name of the socket. */
const LONGEST_SOCKET_FOLDER = 80;

export function makePlace(dataDir: string, user: User | null): Place {
  const own = (folder: string) => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (user) chownSync(folder, user.uid, user.gid);
    return folder;
  };
  const home = user ? homeOf(dataDir, user, own) : own(join(dataDir, 'postgres'));
  const parent = join(tmpdir(), 'manyi-province-').length > LONGEST_SOCKET_FOLDER - 10 ? '/tmp' : tmpdir();
  const passing = own(mkdtempSync(join(parent, 'manyi-province-')));
  return {
    ...{ user, passing },
    dataOf: (server) => join(home, String(server)),
    socketOf: (server) => own(join(passing, String(server))),
    clear(folder) {
      rmSync(folder, { recursive: true, force: true });
      own(folder);
    },
    secret(name, text) {
      const file = join(home, name);
      rmSync(file, { force: true });
      writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
      if (user) chownSync(file, user.uid, user.gid);
      return file;
    },
    forget: (file) => rmSync(file, { force: true }),
    leave: () => rmSync(passing, { recursive: true, force: true }),
  };
}

/** In the data folder where that user may get there, who sees no more of it than that; otherwise where a system keeps data. */
function homeOf(dataDir: string, user: User, own: (folder: string) => string): string {
  chmodSync(dataDir, statSync(dataDir).mode | 0o011);
  const inside = own(join(dataDir, 'postgres'));
  if (spawnSync('test', ['-w', inside], { ...user, cwd: '/' }).status === 0) return inside;
  rmSync(inside, { recursive: true, force: true });
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 12);
  mkdirSync('/var/lib/manyi-demo', { recursive: true, mode: 0o755 });
  return own(join('/var/lib/manyi-demo', name));
}
