/** Another boot for a child process: a boot id of its own and a monotonic clock that begins at zero (Linux namespaces). */
import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Requirement, succeeds } from './prerequisites.ts';

export const TIME_NAMESPACES: Requirement = {
  name: 'the right to make mount and time namespaces',
  howToGetIt: 'Linux 5.6 or later, and run the tests as root (in a container: with CAP_SYS_ADMIN)',
  isThere: () => succeeds('unshare', ['-m', '-T', '--monotonic=1', '--fork', 'true']),
};

/** Name and arguments of what the child is to run under. It ends with SIGKILL only: other signals stay with `unshare`. */
export function bootAnew(folder: string): string[] {
  const bootId = join(folder, `boot-${randomUUID()}`);
  writeFileSync(bootId, `${randomUUID()}\n`);
  const upS = Math.floor(Number(process.hrtime.bigint() / 1_000_000_000n));
  const own = Number.parseInt(/^monotonic\s+(-?\d+)/m.exec(readOffsets())?.[1] ?? '0', 10);
  return [
    ...['unshare', '-m', '-T', `--monotonic=${own - upS}`, '--kill-child=SIGKILL', '--fork'],
    ...['sh', '-c', 'mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"', bootId],
  ];
}

function readOffsets(): string {
  return readFileSync('/proc/self/timens_offsets', 'utf8');
}
