/** The servers of the province, one kind after the other: each ends with the demo, however far the start comes. */
import { mkdirSync } from 'node:fs';
import type { Prepared } from '../home/prepare.ts';
import { createPair, type Pair } from '../postgres/pair.ts';
import type { Ports } from '../processes/gateway.ts';
import { freePort } from '../processes/ports.ts';
import { showStep } from '../screen/screen.ts';
import { GRACE_MS, type Stage } from '../stage.ts';
import { createGateway, folderOf, LETTERS, type ProvinceGateway } from './gateways.ts';
import { startHaproxy } from './haproxy.ts';

/** @throws DemoError */
export async function startServers({ options, keeper, asked, onEnd }: Stage): Promise<Pair> {
  const pair = createPair(options.dataDir, keeper);
  onEnd((hurried) => pair.stop(GRACE_MS, hurried));
  showStep('Starting PostgreSQL');
  await pair.start();
  asked.throwIfAborted();
  showStep('Making its standby');
  await pair.join();
  asked.throwIfAborted();
  return pair;
}

/** At free ports where a balancer has those of the demo. @throws DemoError */
export async function startGateways(
  { options, keeper, asked, onEnd }: Stage,
  database: string,
  { signIn }: Prepared,
  isBalanced: boolean,
): Promise<ProvinceGateway[]> {
  const { dataDir, httpPort, mqttPort } = options;
  showStep(`Starting gateways ${LETTERS.join(' and ')}`);
  const gateways = LETTERS.map((letter) => {
    const isFirst = !isBalanced && letter === LETTERS[0];
    mkdirSync(folderOf(dataDir, letter), { recursive: true, mode: 0o700 });
    return createGateway({
      ...{ letter, dataDir, database, isBalanced, keeper, adminPassword: signIn.password },
      ports: isFirst ? { httpPort, mqttPort } : { httpPort: 0, mqttPort: 0 },
    });
  });
  for (const gateway of gateways) onEnd((hurried) => gateway.stop(GRACE_MS, hurried));
  await Promise.all(gateways.map((gateway) => gateway.start()));
  asked.throwIfAborted();
  return gateways;
}

/** @returns its ports. @throws DemoError */
export async function startBalancer(
  { options, keeper, onEnd, endsWith }: Stage,
  program: string,
  gateways: readonly ProvinceGateway[],
): Promise<Ports> {
  const { dataDir, httpPort, mqttPort } = options;
  showStep('Starting HAProxy');
  const ports = { httpPort: httpPort || (await freePort()), mqttPort: mqttPort || (await freePort()) };
  const child = await startHaproxy({ program, dataDir, ports, gateways, keeper });
  onEnd((hurried) => child.stop(GRACE_MS, hurried));
  endsWith(child);
  return ports;
}
