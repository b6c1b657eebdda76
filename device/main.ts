/** The terminal agent as a process. Logs (JSON) go to standard error; what the citizen sees goes to standard output. */
import { pino } from 'pino';
import { createAgent, DEVICE_VERSION } from './agent.ts';
import { type Config, readConfig, SETTINGS } from './config.ts';
import { codeOf, messageOf } from './errors.ts';
import { createConsoleFeedback } from './feedback/console.ts';
import { createFeedback } from './feedback/feedback.ts';
import { createLamp } from './feedback/lamp.ts';

const HELP = `Manyi terminal ${DEVICE_VERSION}: takes presses and brings them to the gateway.

  node dist/device/main.js [--help]

Keys 1, 2, 3 are satisfied, basically satisfied, unsatisfied (input "keyboard").
Settings come from the environment:

${SETTINGS.map(([name, , help]) => `  ${name.padEnd(26)}${help}`).join('\n')}
`;

async function main(): Promise<number> {
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
  return await run(config);
}

async function run({ agent: settings, logLevel }: Config): Promise<number> {
  const log = pino(
    { level: logLevel, base: { terminal: settings.terminalId } },
    pino.destination({ fd: 2, sync: true }),
  );
  const console = createConsoleFeedback(settings.language, (line) => process.stdout.write(line));
  const lamp = createLamp(settings);
  const feedback = createFeedback(lamp === null ? [console] : [console, lamp], (error) =>
    log.warn({ code: codeOf(error) }, messageOf(error)),
  );
  let onInterrupt = () => {};
  const ending = new Promise<string>((resolve) => {
    onInterrupt = () => resolve('interrupt');
    process.on('SIGINT', onInterrupt).on('SIGTERM', () => resolve('SIGTERM'));
  });
  // A closed pipe behind the thank-you must not take the terminal down.
  process.stdout.on('error', () => {});

  const agent = createAgent(settings, {
    log,
    feedback,
    onInterrupt,
    onThanksMs: (ms) => lamp?.setThanksMs(ms),
  });
  try {
    await agent.start();
  } catch (error) {
    log.error({ code: codeOf(error) }, messageOf(error));
    return 1;
  }
  const reason = await ending;
  log.info({ reason }, 'terminal stops');
  await agent.stop();
  return 0;
}

process.exit(await main());
