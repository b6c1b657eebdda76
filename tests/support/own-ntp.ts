/** A machine of its own as far as NTP goes: whether the system clock counts as synchronised is what the test says. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Requirement, succeeds } from './prerequisites.ts';

export const MOUNT_NAMESPACES: Requirement = {
  name: 'mount namespaces',
  howToGetIt: 'run the tests as root (in a container: with CAP_SYS_ADMIN)',
  isThere: () => succeeds('unshare', ['-m', 'mount', '-t', 'tmpfs', 'manyi-test', '/run']),
};

export type OwnNtp = {
  /** What a program runs under; see `TerminalOptions.command`. */
  readonly command: readonly string[];
  /** The system clock is synchronised from now on, as systemd-timesyncd says it. */
  synchronise(): void;
  dispose(): void;
};

export function createOwnNtp(): OwnNtp {
  const folder = mkdtempSync(join(tmpdir(), 'manyi-ntp-'));
  const script = [
    'mount -t tmpfs manyi-test /run',
    'mkdir -p /run/systemd/timesync',
    `mount --bind ${folder} /run/systemd/timesync`,
    'exec "$@"',
  ].join(' && ');
  return {
    command: ['unshare', '-m', 'sh', '-c', script, 'sh'],
    synchronise: () => writeFileSync(join(folder, 'synchronized'), ''),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}
