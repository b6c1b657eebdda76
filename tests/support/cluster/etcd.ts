/** Three etcd with docs/operations/etcd.conf: who is the primary is agreed in them. */
import { type Requirement, succeeds } from '../prerequisites.ts';
import { until } from '../wait.ts';
import { asMachine, documented, environmentOf, replaceWords } from './documented.ts';
import type { Network } from './network.ts';
import { createServerProcess, ownFolder, type ServerProcess } from './server-process.ts';

export const ETCD: Requirement = {
  name: 'etcd',
  howToGetIt: 'apt-get install etcd-server',
  isThere: () => succeeds('etcd', ['--version']),
};

export type EtcdMember = ServerProcess & { readonly name: string; isLeader(): Promise<boolean> };

type Status = { header: { member_id: string }; leader: string };

export function createEtcd(network: Network, parent: string, number: number): EtcdMember {
  const folder = ownFolder(parent, `etcd${number}`);
  const text = asMachine(
    documented('etcd.conf'),
    number,
    (line) => !line.startsWith('ETCD_INITIAL_CLUSTER='),
  );
  const env = environmentOf(network.translate(replaceWords(text, { '/var/lib/etcd': folder })));
  const server = createServerProcess({ folder, command: 'etcd', env, on: { network, machine: 10 + number } });
  return {
    ...server,
    name: env.ETCD_NAME as string,
    async isLeader() {
      try {
        const response = await fetch(`${env.ETCD_ADVERTISE_CLIENT_URLS}/v3/maintenance/status`, {
          method: 'POST',
          body: '{}',
          signal: AbortSignal.timeout(1_000),
        });
        const { header, leader } = (await response.json()) as Status;
        return header.member_id === leader;
      } catch {
        return false;
      }
    },
  };
}

export const etcdLeader = (members: readonly EtcdMember[]): Promise<EtcdMember> =>
  until('etcd to have a leader', async () => {
    const leads = await Promise.all(members.map((one) => one.isLeader()));
    return members.find((_, at) => leads[at]);
  });
