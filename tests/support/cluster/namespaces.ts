/**
 * The machines of docs/operations as network namespaces on one bridge, under their documented ports: lines between them are lost, one way or
 * both, for good or a packet in so many, and nobody is told. As root.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { NOBODY } from '../other-user.ts';
import { type Requirement, succeeds } from '../prerequisites.ts';
import type { Network } from './network.ts';

export const NAMESPACES: Requirement = {
  name: 'the right to make network namespaces, and nftables',
  howToGetIt: 'apt-get install iproute2 nftables, and run it as root',
  isThere: () =>
    process.getuid?.() === 0 &&
    succeeds('unshare', ['--net', 'sh', '-c', 'ip link add b0 type bridge && nft add table inet manyi']),
};

export type Wires = Network & {
  /** Where whoever tests, and whatever has no namespace of its own, is found by the machines. */
  readonly here: string;
  /** Of what goes between this machine and those addresses (all others, if none is named) so many in a hundred packets are lost. */
  lose(machine: number, percent: number, addresses?: readonly string[]): void;
  /** All lines of a machine are whole again. */
  heal(machine: number): void;
  /** `ip address` of it. */
  addressesOf(machine: number): string[];
  dispose(): void;
};

const run = (command: string, ...args: string[]): string => execFileSync(command, args, { encoding: 'utf8' });

/** @param machines last numbers of their addresses */
export function openWires(machines: readonly number[]): Wires {
  const id = randomBytes(3).toString('hex');
  const prefix = `10.${64 + Math.floor(Math.random() * 64)}.${Math.floor(Math.random() * 256)}`;
  const bridge = `br${id}`;
  const namespaceOf = (machine: number) => `manyi-${id}-${machine}`;
  const isOne = new Set(machines);
  const within = (machine: number) => {
    if (!isOne.has(machine)) throw new Error(`there is no machine ${machine}`);
    return namespaceOf(machine);
  };
  const dispose = () => {
    for (const machine of machines) succeeds('ip', ['netns', 'delete', namespaceOf(machine)]);
    succeeds('ip', ['link', 'delete', bridge]);
  };
  process.once('exit', dispose);

  try {
    run('ip', 'link', 'add', bridge, 'type', 'bridge');
    run('ip', 'address', 'add', `${prefix}.1/24`, 'dev', bridge);
    run('ip', 'link', 'set', bridge, 'up');
    for (const machine of machines) {
      const [namespace, end] = [namespaceOf(machine), `v${id}-${machine}`];
      run('ip', 'netns', 'add', namespace);
      run('ip', 'link', 'add', end, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', namespace);
      run('ip', 'link', 'set', end, 'master', bridge, 'up');
      run('ip', '-n', namespace, 'address', 'add', `${prefix}.${machine}/24`, 'dev', 'eth0');
      run('ip', '-n', namespace, 'link', 'set', 'eth0', 'up');
      run('ip', '-n', namespace, 'link', 'set', 'lo', 'up');
    }
  } catch (error) {
    dispose();
    throw error;
  }

  const nft = (machine: number, ...args: string[]) =>
    run('ip', 'netns', 'exec', within(machine), 'nft', ...args);
  const heal = (machine: number) => nft(machine, 'flush ruleset');
  return {
    address: (machine) => `${prefix}.${machine}`,
    port: (documented) => documented,
    translate: (text) => text.replaceAll('10.20.0.', `${prefix}.`),
    within(machine, command, args, asRoot = false) {
      const user = asRoot
        ? []
        : ['setpriv', `--reuid=${NOBODY.uid}`, `--regid=${NOBODY.gid}`, '--clear-groups'];
      return { command: 'ip', args: ['netns', 'exec', within(machine), ...user, command, ...args] };
    },
    here: `${prefix}.1`,
    lose(machine, percent, addresses = []) {
      heal(machine);
      const of = (side: string) =>
        addresses.length === 0 ? 'oifname eth0' : `ip ${side} { ${addresses.join(', ')} }`;
      const lost = percent >= 100 ? 'drop' : `numgen random mod 100 < ${percent} drop`;
      nft(machine, 'add table inet lines');
      for (const [hook, side] of [
        ['input', 'saddr'],
        ['output', 'daddr'],
      ] as const) {
        nft(machine, `add chain inet lines ${hook} { type filter hook ${hook} priority 0; }`);
        const whose = addresses.length === 0 && hook === 'input' ? 'iifname eth0' : of(side);
        nft(machine, `add rule inet lines ${hook} ${whose} ${lost}`);
      }
    },
    heal,
    addressesOf: (machine) =>
      run('ip', '-n', within(machine), '-4', '-oneline', 'address', 'show', 'dev', 'eth0')
        .split('\n')
        .flatMap((line) => /inet ([\d.]+)/.exec(line)?.[1] ?? []),
    dispose() {
      process.off('exit', dispose);
      dispose();
    },
  };
}
