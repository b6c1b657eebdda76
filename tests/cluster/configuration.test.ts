/** The files of docs/operations as they are, to the programs that they are for. Those that the other files start say more of them. */
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { KEEPALIVED } from '../support/cluster/shared-address.ts';
import { have } from '../support/prerequisites.ts';
import { HAPROXY } from '../support/proxies.ts';

const file = (name: string) => new URL(`../../docs/operations/${name}`, import.meta.url).pathname;
const said = (command: string, args: string[]) => {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return { status, output: stdout + stderr };
};

describe('the documented configuration', () => {
  it.runIf(have(HAPROXY)).each(['haproxy-database.cfg', 'haproxy-terminals.cfg'])('%s is one', (name) => {
    const { status, output } = said('/usr/sbin/haproxy', ['-c', '-f', file(name)]);
    expect(output).not.toMatch(/WARNING|ALERT/);
    expect(status).toBe(0);
  });

  it.runIf(have(KEEPALIVED))('keepalived.conf is one', () => {
    const args = ['--config-test', '--log-console', '--dont-fork', '--use-file', file('keepalived.conf')];
    expect(said('/usr/sbin/keepalived', args)).toEqual({ status: 0, output: '' });
  });
});
