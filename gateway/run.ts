/** Reads the settings, starts the gateway, and ends it when it is told to. */
import { fstatSync } from 'node:fs';
import { type Logger, pino } from 'pino';
import { endWith } from '../protocol/process/launch.ts';
import { lostLines } from '../protocol/process/lost-lines.ts';
import { createServiceManager } from '../protocol/process/service-manager.ts';
import { ConfigError } from '../protocol/process/settings.ts';
import { createSink } from '../protocol/process/sink.ts';
import { configHelp, readConfig } from './config.ts';
import { PeopleRefusal } from './people/refusal.ts';
import { type Gateway, startGateway, VERSION } from './wiring/gateway.ts';

const HELP = `Manyi gateway ${VERSION}: takes the votes of terminals over MQTT, keeps them, serves the wall.

Usage: npm start [-- --help]

Environment:
${configHelp()}

The wall is at http://HOST:PORT/wall, the API's description at /api/docs.
Add units, windows and terminals with: npm run --silent manyi -- --help`;

const STOP_MS = 15_000;

export async function run(): Promise<void> {
  try {
    await start();
  } catch (error) {
    if (error instanceof ConfigError) fail(2, `${error.code}:\n${error.message}\nSee --help.`);
    if (error instanceof PeopleRefusal) fail(2, `${error.code}: MANYI_ADMIN_PASSWORD: ${error.message}`);
    endWith(error);
  }
}

async function start(): Promise<void> {
  const [argument] = process.argv.slice(2);
  if (argument === '--help' || argument === '-h') {
    console.log(HELP);
    return;
  }
  if (argument !== undefined) fail(2, `argument-unknown: ${argument}: see --help`);
  const config = readConfig();
  const base = { name: 'gateway' };
  const output = createSink(1, { sayLost: lostLines(base) });
  process.on('exit', () => output.finish());
  const log = pino({ level: config.logLevel, base }, output);
  // Node writes its warnings by itself otherwise, and would wait for a reader of standard error that does not read.
  process.removeAllListeners('warning').on('warning', (warning) => log.warn({ err: warning }, 'node warns'));
  const starting = startGateway(config, log, 'tls', output.lost);
  // From the beginning: one that comes during the start ends it in order, too.
  const serviceManager = createServiceManager(log);
  heedSignals(starting, log, serviceManager.stopping);
  const { httpPort, mqttPort, firstPassword, answers } = await starting;
  serviceManager.ready(answers);
  if (firstPassword) tellPassword(firstPassword, log);
  log.info({ httpPort, mqttPort, dataDir: config.dataDir }, 'gateway ready');
}

function heedSignals(starting: Promise<Gateway>, log: Logger, tellStopping: () => void): void {
  let isStopping = false;
  const stop = (signal: string) => {
    if (isStopping) return;
    isStopping = true;
    log.info({ signal }, 'gateway stops');
    tellStopping();
    // Every stored vote is on the disk already: waiting longer for a peer that does not let go would save nothing.
    setTimeout(() => {
      log.error('the gateway did not stop in time');
      process.exit(1);
    }, STOP_MS).unref();
    starting.then(
      (gateway) =>
        gateway.stop().then(
          () => process.exit(0),
          (error: unknown) => {
            log.error({ err: error }, 'the gateway did not stop in order');
            process.exit(1);
          },
        ),
      // It did not start: said where it was awaited.
      () => {},
    );
  };
  process.on('SIGHUP', () => {
    log.info({ signal: 'SIGHUP' }, 'looking for a renewed certificate');
    starting.then(
      (gateway) => void gateway.reload(),
      () => {},
    );
  });
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

/** To whoever starts it, and not into a log that is kept. */
function tellPassword({ name, oneTimePassword }: NonNullable<Gateway['firstPassword']>, log: Logger): void {
  if (isKept(process.env.JOURNAL_STREAM)) {
    log.warn(
      { code: 'first-password-withheld' },
      `the first password is not told to a log that is kept: manyi account password ${name} gives another`,
    );
    return;
  }
  const screen = createSink(2);
  const text = [
    '',
    `  The first account:      ${name}`,
    `  Its one-time password:  ${oneTimePassword}`,
    '  It is shown only this once, and must be changed at the first sign-in.',
    '',
  ].join('\n');
  screen.write(`${text}\n`);
  if (screen.lost() > 0)
    log.error(
      { code: 'first-password-unseen' },
      `the first password could not be shown: manyi account password ${name} gives another`,
    );
}

/** Is it the journal of systemd that what is said here goes to? (systemd.exec(5), `JOURNAL_STREAM`) */
function isKept(stream: string | undefined): boolean {
  const { dev, ino } = fstatSync(2);
  return stream === `${dev}:${ino}`;
}

function fail(status: number, message: string): never {
  console.error(message);
  process.exit(status);
}
