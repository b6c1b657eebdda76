/** The demo of one gateway: it, one real terminal at the keyboard, simulated ones, the wall. */
import { join } from 'node:path';
import { createFleet, type Tally } from './citizens/fleet.ts';
import { DemoError } from './demo-error.ts';
import { prepareHome } from './home/prepare.ts';
import { startGateway } from './processes/gateway.ts';
import { startKeyboardTerminal } from './processes/keyboard-terminal.ts';
import { findTakenPorts } from './processes/ports.ts';
import { showEnd, showRunning, showStep } from './screen/screen.ts';
import { GRACE_MS, type Stage } from './stage.ts';

/** @throws DemoError */
export async function startOneGateway(stage: Stage): Promise<void> {
  const { options, keeper, asked } = stage;
  const { dataDir, httpPort, mqttPort, keyboard } = options;
  const taken = await findTakenPorts([
    { flag: '--http-port', port: httpPort },
    { flag: '--mqtt-port', port: mqttPort },
  ]);
  if (taken.length > 0) throw new DemoError('port-taken', taken.join('\n'));
  const { accounts, simulated, signIn } = await prepareHome(options, dataDir, null);
  asked.throwIfAborted();

  let tally: Tally | null = null;
  stage.onEnd(async () => {
    if (tally !== null) showEnd(tally);
  });
  showStep('Starting the gateway');
  const gateway = startGateway({
    ...{ name: 'The gateway', dataDir, ports: { httpPort, mqttPort }, keeper, env: {} },
    adminPassword: signIn.password,
    logPath: join(dataDir, 'gateway.log'),
  });
  stage.onEnd((hurried) => gateway.child.stop(GRACE_MS, hurried));
  stage.endsWith(gateway.child);
  const ports = await gateway.ready;
  const gatewayUrl = `mqtts://127.0.0.1:${ports.mqttPort}`;

  showStep('Starting the terminals');
  const [first] = accounts;
  const hasKeyboard = keyboard && first !== undefined;
  const fleet = createFleet(options, hasKeyboard ? accounts.slice(1) : accounts, [gatewayUrl]);
  stage.onEnd(async (hurried) => {
    tally = await fleet.stop(hurried);
  });
  await fleet.start();
  asked.throwIfAborted();
  showRunning(options, ports.httpPort, simulated, signIn);
  if (!hasKeyboard) return;
  const terminal = startKeyboardTerminal({ account: first, dataDir, gatewayUrl, keeper });
  stage.onEnd((hurried) => terminal.stop(GRACE_MS, hurried));
  stage.endsWith(terminal);
}
