/** The two balancer machines with docs/operations: HAProxy and keepalived on each, and the address that one of them has. */
import { type Requirement, succeeds } from '../prerequisites.ts';
import { until } from '../wait.ts';
import { type Balancer, startBalancer, terminalsConfig } from './balancers.ts';
import { documented, replaceWords } from './documented.ts';
import type { Wires } from './namespaces.ts';
import type { Front } from './scene.ts';
import { createServerProcess, ownFile, ownFolder, type ServerProcess } from './server-process.ts';

const PROGRAM = '/usr/sbin/keepalived';

export const KEEPALIVED: Requirement = {
  name: 'keepalived',
  howToGetIt: 'apt-get install keepalived curl',
  isThere: () => succeeds(PROGRAM, ['--version']) && succeeds('/usr/bin/curl', ['--version']),
};

export type BalancerMachine = {
  machine: number;
  haproxy: Balancer;
  keepalived: ServerProcess;
  hasAddress(): boolean;
};

export type SharedAddress = Front & {
  machines: readonly BalancerMachine[];
  /** The one that has the address, as soon as one alone has it. */
  holder(): Promise<BalancerMachine>;
  logs(): string;
};

const ADDRESS = 10;
export const BALANCERS = [31, 32];
const LOG_SHOWN = 3_000;

/** @param folder of the servers */
export function createSharedAddress(wires: Wires, folder: string): SharedAddress {
  const address = wires.address(ADDRESS);
  const machines: BalancerMachine[] = [];

  const startMachine = async (machine: number, haproxyConfig: string) => {
    const own = ownFolder(folder, `balancer-${machine}`);
    const haproxy = await startBalancer(ownFolder(own, 'haproxy'), haproxyConfig, {
      ...{ host: wires.address(machine), port: 8883 },
      on: { network: wires, machine },
    });
    const config = replaceWords(documented('keepalived.conf'), {
      'priority 100': `priority ${machine === BALANCERS[0] ? 100 : 90}`,
    });
    const keepalivedFolder = ownFolder(own, 'keepalived');
    const file = ownFile(keepalivedFolder, 'keepalived.conf', wires.translate(config));
    const keepalived = createServerProcess({
      folder: keepalivedFolder,
      command: PROGRAM,
      args: [
        ...['--dont-fork', '--log-console', '--use-file', file],
        ...['--pid', `${keepalivedFolder}/pid`, '--vrrp_pid', `${keepalivedFolder}/vrrp-pid`],
      ],
      on: { network: wires, machine, asRoot: true },
    });
    keepalived.start();
    const hasAddress = () => wires.addressesOf(machine).includes(address);
    machines.push({ machine, haproxy, keepalived, hasAddress });
  };
  const all = () => machines.flatMap(({ haproxy, keepalived }) => [haproxy, keepalived]);
  const holder = () =>
    until('one machine alone to have the address', () => {
      const [having, ...more] = machines.filter((one) => one.hasAddress());
      return more.length === 0 ? having : undefined;
    });

  return {
    machines,
    holder,
    env: {
      MANYI_MQTT_HOST: '0.0.0.0',
      MANYI_HTTP_HOST: '0.0.0.0',
      MANYI_TRUSTED_PROXIES: ['127.0.0.1', ...BALANCERS.map(wires.address)].join(','),
      MANYI_HOST_NAMES: address,
    },
    logs: () =>
      machines.map((one) => `== ${one.machine}\n${one.keepalived.log().slice(-LOG_SHOWN)}`).join('\n'),
    async start(gateways) {
      const config = terminalsConfig(gateways, wires.here);
      for (const machine of BALANCERS) await startMachine(machine, config);
      await holder();
      return {
        ...{ host: address, port: 8883 },
        kill: async () => void (await Promise.all(all().map((one) => one.kill()))),
        async start() {
          await Promise.all(machines.map(({ haproxy }) => haproxy.start()));
          for (const { keepalived } of machines) keepalived.start();
          await holder();
        },
        pause: () => all().forEach((one) => void one.pause()),
        resume: () => all().forEach((one) => void one.resume()),
        isRunning: () => all().every((one) => one.isRunning()),
        log: () =>
          all()
            .map((one) => one.log())
            .join('\n'),
      };
    },
  };
}
