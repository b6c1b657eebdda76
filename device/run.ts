/** The terminal agent's process. Logs (JSON) go to standard error; what the citizen sees goes to standard output. */
import Database from 'better-sqlite3';
import { pino } from 'pino';
import { lostLines } from '../protocol/process/lost-lines.ts';
import { createServiceManager } from '../protocol/process/service-manager.ts';
import { createSink } from '../protocol/process/sink.ts';
import { createAgent, DEVICE_VERSION } from './agent.ts';
import { type Config, configHelp, readConfig } from './config.ts';
import { codeOf, messageOf } from './errors.ts';
import { createConsoleFeedback } from './feedback/console.ts';
import { createFeedback } from './feedback/feedback.ts';
import { createLamp } from './feedback/lamp.ts';
import { faultIn, NOT_ENROLLED, terminalIdOf } from './identity/credentials.ts';
import { openIdentityStore } from './identity/identity.ts';

const HELP = `Manyi terminal ${DEVICE_VERSION}: takes presses and brings them to the gateway.

  node dist/terminal/main.js [--help]

Keys 1, 2, 3 are satisfied, basically satisfied, unsatisfied (input "keyboard").
Settings come from the environment:

${configHelp()}
`;

export async function run(): Promise<void> {
  process.exit(await begin());
}

async function begin(): Promise<number> {
  const [argument] = process.argv.slice(2);
  if (argument !== undefined) {
    const known = argument === '--help' || argument === '-h';
    (known ? process.stdout : process.stderr).write(
      known ? HELP : `unknown argument ${argument}; try --help\n`,
    );
    return known ? 0 : 2;
  }
  let config: Config;
  try {
    config = readConfig();
  } catch (error) {
    process.stderr.write(`the settings are not right:\n${messageOf(error).replace(/^/gm, '  ')}\n`);
    return 2;
  }
  return await runAgent(config);
}

async function runAgent({ agent: given, logLevel }: Config): Promise<number> {
  // Built for another Node.js, it would refuse every press, and nothing but a restart could heal that.
  new Database(':memory:').close();
  const identity = openIdentityStore(given.identityFolder);
  const named = terminalIdOf(identity, given.enrolmentCode ?? null);
  // With a damaged identity it still takes presses: they are sent once a technician has brought a new code.
  const terminalId = given.terminalId ?? named ?? (identity.trouble === null ? null : NOT_ENROLLED);
  if (terminalId === null || (named !== null && named !== terminalId)) {
    const fault = faultIn(given.enrolmentCode ?? null);
    const said = fault && `${fault.code}: ${fault.message}`;
    const trouble =
      terminalId === null
        ? `MANYI_ENROLMENT_CODE: ${said ?? 'this terminal has no certificate yet; `terminal add` at the gateway prints a code'}`
        : `MANYI_TERMINAL: is ${terminalId}, but the code or the certificate is of ${named}`;
    process.stderr.write(`the settings are not right:\n  ${trouble}\n`);
    return 2;
  }
  const settings = { ...given, terminalId };
  const base = { terminal: terminalId };
  const output = createSink(2, { sayLost: lostLines(base) });
  const screen = createSink(1);
  process.on('exit', () => output.finish());
  const log = pino({ level: logLevel, base }, output);
  // Node writes its warnings by itself otherwise, and would wait for a reader that does not read.
  process
    .removeAllListeners('warning')
    .on('warning', (warning) => log[levelOf(warning)]({ err: warning }, 'node warns'));
  if (identity.trouble !== null) log.error({ code: identity.trouble.code }, identity.trouble.message);
  const console = createConsoleFeedback(settings.language, screen.write);
  const lamp = createLamp(settings);
  const feedback = createFeedback(lamp === null ? [console] : [console, lamp], (error) =>
    log.warn({ code: codeOf(error) }, messageOf(error)),
  );
  // A terminal line that is hung up, or a service manager's reload: neither is a reason to take no more votes.
  process.on('SIGHUP', () => log.info({ signal: 'SIGHUP' }, 'nothing is read again'));
  let onInterrupt = () => {};
  const ending = new Promise<string>((resolve) => {
    onInterrupt = () => resolve('interrupt');
    process.on('SIGINT', onInterrupt).on('SIGTERM', () => resolve('SIGTERM'));
  });

  const agent = createAgent(settings, {
    log,
    identity,
    feedback,
    onInterrupt,
    onThanksMs: (ms) => lamp?.setThanksMs(ms),
    logLinesLost: output.lost,
  });
  try {
    await agent.start();
  } catch (error) {
    log.error({ code: codeOf(error) }, messageOf(error));
    return 1;
  }
  const serviceManager = createServiceManager(log);
  serviceManager.ready(agent.broken);
  const reason = await ending;
  log.info({ reason }, 'terminal stops');
  serviceManager.stopping();
  await agent.stop();
  return 0;
}

/** That a library will have to change some day is nothing that a technician can act on. */
const levelOf = ({ name }: Error) => (name === 'DeprecationWarning' ? 'debug' : 'warn');
