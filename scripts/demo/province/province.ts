/** The demo of a province: two gateways on one database with a standby, a balancer in front; any of them may be killed. */
import { mkdirSync } from 'node:fs';
import { createFleet, type Tally } from '../citizens/fleet.ts';
import { DemoError } from '../demo-error.ts';
import { prepareHome } from '../home/prepare.ts';
import { findTakenPorts } from '../processes/ports.ts';
import { createLiveScreen } from '../screen/live-screen.ts';
import { describeScene } from '../screen/province-board.ts';
import * as words from '../screen/province-words.ts';
import { showStep } from '../screen/screen.ts';
import type { Stage } from '../stage.ts';
import { createFaults } from './faults.ts';
import { folderOf } from './gateways.ts';
import { findHaproxy } from './haproxy.ts';
import { readKeys } from './keys.ts';
import { startBalancer, startGateways, startServers } from './parts.ts';
import { shareKeys } from './share-keys.ts';
import { createSight } from './sight.ts';
import { feedbackOn } from './thanks.ts';

/** @throws DemoError */
export async function startProvince(stage: Stage): Promise<void> {
  const { options, asked, onEnd } = stage;
  const { dataDir, httpPort, mqttPort } = options;
  const taken = await findTakenPorts([
    { flag: '--http-port', port: httpPort },
    { flag: '--mqtt-port', port: mqttPort },
  ]);
  if (taken.length > 0) throw new DemoError('port-taken', taken.join('\n'));
  const { tell, show, freeze } = createLiveScreen(process.stdout);
  let end: (Tally & { stored: number | null }) | null = null;
  onEnd(async () => {
    if (end !== null) tell(words.conclude(end));
  });

  const pair = await startServers(stage);
  const keysIn = folderOf(dataDir, 'A');
  mkdirSync(keysIn, { recursive: true, mode: 0o700 });
  const prepared = await prepareHome(options, keysIn, pair.address);
  shareKeys(keysIn, folderOf(dataDir, 'B'));
  asked.throwIfAborted();
  const { accounts, simulated, signIn } = prepared;
  const haproxy = findHaproxy();
  const gateways = await startGateways(stage, pair.address, prepared, haproxy !== null);
  const entrance = haproxy === null ? null : await startBalancer(stage, haproxy, gateways);
  asked.throwIfAborted();

  showStep('Starting the terminals');
  const hasKeyboard = options.keyboard && accounts.length > 0;
  const doors = entrance === null ? gateways.map(({ ports }) => ports) : [entrance];
  const urls = doors.map((door) => `mqtts://127.0.0.1:${door.mqttPort}`);
  const fleet = createFleet(options, accounts, urls, hasKeyboard ? feedbackOn(tell) : undefined);
  const sight = createSight({
    ...{ gateways, metricsToken: signIn.metricsToken, database: pair.address },
    terminalIds: accounts.map(({ id }) => id),
  });
  onEnd(async (hurried) => {
    const tally = await fleet.stop(hurried);
    end = { ...tally, stored: await sight.countStored().catch(() => null) };
    await sight.stop();
  });
  await fleet.start();
  asked.throwIfAborted();

  const balancer = entrance && `http://127.0.0.1:${entrance.httpPort}`;
  for (const line of words.introduce(options, { gateways, balancer }, signIn, simulated)) tell(line);
  const faults = createFaults({ gateways, pair, sight, tell, asked, fleet: fleet.state });
  faults.listen();
  const redraw = () =>
    show(
      describeScene({
        ...{ gateways, sight: sight.now(), database: pair.state(), fleet: fleet.state() },
        ...{ hasKeyboard, hasBalancer: entrance !== null },
      }),
    );
  sight.start(redraw);
  // Before anything else is said of the end.
  asked.addEventListener('abort', freeze);
  if (!hasKeyboard) return;
  const giveBack = readKeys(process.stdin, { ...faults, vote: fleet.key, end: stage.askForEnd });
  onEnd(async () => giveBack());
}
