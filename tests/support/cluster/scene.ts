/** A hall of terminals that votes through a balancer at gateways on one database, with a wall at each; what a fault is done to. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFailed, onTestFinished } from 'vitest';
import { tellFigure } from '../../faults/figures.ts';
import { seed, seededRandom } from '../../faults/seed.ts';
import { numbered, startTown } from '../../faults/town.ts';
import { createSwarm, type Swarm } from '../agent-swarm.ts';
import { MAIN, type TerminalLogin, type TestGateway } from '../gateway.ts';
import { type LiveClient, listenLive } from '../live-client.ts';
import { readMetrics } from '../metrics.ts';
import { until } from '../wait.ts';
import { type Balancer, startTerminalBalancer } from './balancers.ts';
import type { Databases, Door } from './databases.ts';
import { gatewaySettings, startSecondGateway } from './gateways.ts';
import { createPresses, type Presses } from './presses.ts';
import { expectSums, type Tally } from './sums.ts';

export type Scene = {
  gateways: readonly TestGateway[];
  /** Each gateway's way to the primary. */
  doors: readonly Door[];
  balancer: Balancer;
  swarm: Swarm;
  presses: Presses;
  /** Terminals that do not run: the case's own. */
  apart: readonly TerminalLogin[];
  /** For what belongs to terminals. */
  folder: string;
  /** Nobody presses any more; all that has to be right is. Says so in a line, with `figures`. */
  end(figures: string): Promise<Tally>;
};

const LOG_SHOWN = 3_000;

export type SceneOptions = {
  name: string;
  gateways: number;
  terminals?: number;
  apart?: number;
  /** Of the gateway with this number, from 0 on: the program, at each start. */
  program?: (gateway: number) => string;
  /** What terminals come through, if it is not one balancer on this machine. */
  front?: Front;
};

export type Front = {
  /** What gateways must know of it. */
  env: Record<string, string>;
  start(gateways: readonly TestGateway[]): Promise<Balancer>;
};

export async function startScene(
  databases: Databases,
  { name, gateways: count, terminals = 12, apart = 0, front, program = () => MAIN }: SceneOptions,
): Promise<Scene> {
  onTestFailed(() => void process.stderr.write(`${databases.logs()}\n`));
  await databases.afresh();
  const doors: Door[] = [];
  for (const number of Array.from({ length: count }, (_, at) => at + 1))
    doors.push(await databases.door(number));
  onTestFinished(async () => {
    await Promise.all(doors.map((door) => door.kill()));
  });
  const env = { ...gatewaySettings(), ...front?.env };
  const [first, ...others] = doors as [Door, ...Door[]];
  const town = await startTown(numbered(terminals + apart), {
    ...{ database: first.address, env },
    main: () => program(0),
  });
  const gateways = [town.gateway];
  for (const [at, door] of others.entries()) {
    const gateway = await startSecondGateway(town.gateway, door.address, env, () => program(at + 1));
    onTestFinished(() => gateway.dispose());
    gateways.push(gateway);
  }
  onTestFailed(() => {
    for (const [at, gateway] of gateways.entries())
      process.stderr.write(`== gateway ${at + 1}\n${gateway.log().slice(-LOG_SHOWN)}\n`);
  });
  const balancer = await (front?.start(gateways) ?? startTerminalBalancer(databases.folder, gateways));
  onTestFinished(() => balancer.kill());
  const swarm = createSwarm({
    logins: town.logins.slice(0, terminals),
    processes: 2,
    host: balancer.host,
    port: () => balancer.port,
    folder: (group) => {
      const folder = join(town.folder, `journals-${group}`);
      mkdirSync(folder, { recursive: true });
      return folder;
    },
    uplink: { backoff: { baseMs: 100, capMs: 2_000 }, resendMs: 1_000, keepaliveS: 3 },
  });
  await swarm.start();
  const walls: { gateway: TestGateway; wall: LiveClient }[] = [];
  const openWall = async (gateway: TestGateway) => {
    const wall = await listenLive(gateway);
    await wall.snapshot();
    walls.push({ gateway, wall });
  };
  for (const gateway of gateways) await openWall(gateway);
  onTestFinished(() => {
    for (const { wall } of walls) wall.close();
  });
  const presses = createPresses(swarm, seededRandom(`cluster ${name}`));
  onTestFinished(() => presses.stop().catch(() => {}));
  await until('every terminal to be connected', () => swarm.terminals.every((one) => one.isUp()), {
    timeoutMs: 30_000,
  });
  presses.start();
  await presses.acksGoOn();

  return {
    ...{ gateways, doors, balancer, swarm, presses },
    ...{ apart: town.logins.slice(terminals), folder: town.folder },
    async end(figures) {
      await presses.stop();
      const isOpen = ({ wall: { socket } }: (typeof walls)[number]) => socket.readyState === socket.OPEN;
      // As a page does whose gateway has ended.
      for (const gateway of gateways)
        if (!walls.some((one) => one.gateway === gateway && isOpen(one))) await openWall(gateway);
      const open = walls.filter(isOpen).map(({ wall }) => wall);
      const tally = await expectSums({
        database: await databases.primaryAddress(),
        ...{ terminals: swarm.terminals, presses, gateways, walls: open },
      });
      const { thanked, acked, stored } = tally;
      tellFigure(
        `${name}, seed ${seed}: ${figures}; thanked ${thanked}, acknowledged ${acked}, stored ${stored}`,
      );
      await swarm.stop();
      return tally;
    },
  };
}

export const connectionsOf = async (gateway: TestGateway) =>
  (await readMetrics(gateway)).of('manyi_mqtt_connections');

/** Of a counter, over all gateways. */
export async function sumOf(gateways: readonly TestGateway[], counter: string): Promise<number> {
  const all = await Promise.all(gateways.map(readMetrics));
  return all.reduce((sum, metrics) => sum + metrics.of(counter), 0);
}
