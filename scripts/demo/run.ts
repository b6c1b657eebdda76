/** The demo: a district, the gateway, one real terminal at the keyboard, simulated ones, the wall. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Log } from '../../device/log.ts';
import { quietStreams } from '../../protocol/process/quiet-streams.ts';
import { WINDOWS } from './citizens/district.ts';
import { createRandom } from './citizens/random.ts';
import { createSimulation, type Simulation } from './citizens/simulate.ts';
import { DEMO_HELP, type DemoOptions, parseDemoArgs } from './demo-args.ts';
import { DemoError } from './demo-error.ts';
import { identityFolder, prepareDistrict, type TerminalAccount } from './home/accounts.ts';
import { openHome } from './home/home.ts';
import { prepareSignIn, type SignIn } from './home/sign-in.ts';
import {
  type Child,
  describe,
  type Ending,
  startGateway,
  startKeyboardTerminal,
} from './processes/children.ts';
import { openLogFile } from './processes/log-file.ts';
import { claimDataDir } from './processes/only-one.ts';
import { findTakenPorts } from './processes/ports.ts';
import { complain, createProgress, showEnd, showEnding, showRunning, showStep } from './screen/screen.ts';

const DRAIN_MS = 3_000;
const GRACE_MS = 10_000;
/** A child that ends with us may be seen before our own signal is. */
const SIGNAL_LAG_MS = 300;

/** This file runs as dist/scripts/demo/run.js. */
const dist = fileURLToPath(new URL('../..', import.meta.url));
const inDist = (path: string) => join(dist, path);

export async function run(): Promise<void> {
  quietStreams();
  process.exit(await runDemo());
}

async function runDemo(): Promise<number> {
  const parsed = parseDemoArgs(process.argv.slice(2), join(dist, '..', 'data', 'demo'), process.cwd());
  if (parsed.kind === 'help') {
    process.stdout.write(DEMO_HELP);
    return 0;
  }
  if (parsed.kind === 'wrong') {
    process.stderr.write(`${parsed.mistakes.join('\n')}\nSee npm run demo -- --help.\n`);
    return 2;
  }

  const asked = new AbortController();
  const hurried = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (asked.signal.aborted) return hurried.abort();
      asked.abort();
      showEnding();
    });
  const running: Running = { children: [], simulation: null };
  let release = () => {};
  try {
    release = claimDataDir(parsed.options.dataDir);
    await start(parsed.options, running, asked.signal);
    const failure = await untilEnd(running.children, asked.signal);
    if (failure !== null) complain('child-ended', describe(failure));
    return failure === null ? 0 : 1;
  } catch (error) {
    if (asked.signal.aborted) return 0;
    if (!(error instanceof DemoError)) throw error;
    complain(error.code, error.message);
    return 1;
  } finally {
    await end(running, hurried.signal);
    release();
  }
}

type Running = { children: Child[]; simulation: Simulation | null };

async function start(options: DemoOptions, running: Running, signal: AbortSignal): Promise<void> {
  const { dataDir, httpPort, mqttPort, keyboard, rate, seed } = options;
  const taken = await findTakenPorts([
    { flag: '--http-port', port: httpPort },
    { flag: '--mqtt-port', port: mqttPort },
  ]);
  if (taken.length > 0) throw new DemoError('port-taken', taken.join('\n'));

  const simulated = options.terminals ?? WINDOWS.length - (keyboard ? 1 : 0);
  const progress = createProgress('Making the district');
  const home = await openHome(dataDir);
  let accounts: TerminalAccount[];
  let signIn: SignIn;
  try {
    accounts = await prepareDistrict({
      ...{ dataDir, home, onProgress: progress.at },
      terminals: simulated + (keyboard ? 1 : 0),
    });
    progress.end();
    signIn = await prepareSignIn(dataDir, home);
  } finally {
    home.close();
  }
  signal.throwIfAborted();

  showStep('Starting the gateway');
  const gateway = startGateway({
    name: 'The gateway',
    script: inDist('gateway/main.js'),
    env: {
      MANYI_DATA_DIR: dataDir,
      MANYI_HTTP_PORT: String(httpPort),
      // Nobody is to reach a demo from elsewhere.
      MANYI_MQTT_HOST: '127.0.0.1',
      MANYI_MQTT_PORT: String(mqttPort),
      MANYI_HTTP_HOST: '127.0.0.1',
      // At --rate 1000 each window has more simulated citizens than there are seconds.
      MANYI_VOTES_PER_MINUTE: '1000000000',
      MANYI_VOTES_PER_HOUR: '1000000000',
      MANYI_VOTES_PER_DAY: '1000000000',
      MANYI_ADMIN_PASSWORD: signIn.password,
      // Its readiness is read from its log.
      MANYI_LOG_LEVEL: 'info',
    },
    logPath: join(dataDir, 'gateway.log'),
  });
  running.children.push(gateway.child);
  const ports = await gateway.ready;
  const gatewayUrl = `mqtts://127.0.0.1:${ports.mqttPort}`;

  showStep('Starting the terminals');
  running.simulation = createSimulation({
    accounts: keyboard ? accounts.slice(1) : accounts,
    gatewayUrl,
    dataDir,
    rate,
    random: createRandom(seed),
    log: fileLog(join(dataDir, 'simulated-terminals.log')),
  });
  await running.simulation.start();
  signal.throwIfAborted();
  showRunning(options, ports.httpPort, simulated, signIn);
  const first = accounts[0];
  if (!keyboard || first === undefined) return;
  running.children.push(
    startKeyboardTerminal({
      name: KEYBOARD_TERMINAL,
      script: inDist('terminal/main.js'),
      env: {
        MANYI_ENROLMENT_CODE: first.code,
        MANYI_IDENTITY: identityFolder(dataDir, first.id),
        MANYI_GATEWAY: gatewayUrl,
        MANYI_JOURNAL: join(dataDir, 'journals', `${first.id}.db`),
        MANYI_INPUTS: 'keyboard',
      },
      logPath: join(dataDir, 'keyboard-terminal.log'),
    }),
  );
}

const KEYBOARD_TERMINAL = 'The terminal at this keyboard';

/** @returns the child that ended by itself, or null when the end was asked for */
async function untilEnd(children: Child[], signal: AbortSignal): Promise<Ending | null> {
  const asked = new Promise<null>((resolve) => {
    if (signal.aborted) resolve(null);
    signal.addEventListener('abort', () => resolve(null));
  });
  const first = await Promise.race([asked, ...children.map((child) => child.ended)]);
  if (first === null) return null;
  // The keyboard terminal holds the terminal line: Ctrl-C reaches it alone, and it ends in good order.
  if (first.name === KEYBOARD_TERMINAL && first.code === 0) return null;
  const lag = new Promise<Ending>((resolve) => setTimeout(() => resolve(first), SIGNAL_LAG_MS));
  return Promise.race([asked, lag]);
}

/**
 * Presses stop, what is on its way arrives, then the terminals and at last the gateway go. Asked for twice, nobody waits: what
 * was thanked is in the journals and the store, and the next start goes on from there.
 */
async function end({ children, simulation }: Running, hurried: AbortSignal): Promise<void> {
  const [gateway, ...terminals] = children;
  const tally = await simulation?.stop(DRAIN_MS, hurried);
  await Promise.all(terminals.map((child) => child.stop(GRACE_MS, hurried)));
  await gateway?.stop(GRACE_MS, hurried);
  if (tally !== undefined) showEnd(tally);
}

function fileLog(path: string): Log {
  const file = openLogFile(path);
  const write = (level: string) => (fields: object, msg: string) =>
    file.write(`${JSON.stringify({ time: Date.now(), level, ...fields, msg })}\n`);
  return { debug: () => {}, info: () => {}, warn: write('warn'), error: write('error') };
}
