/** The whole gateway: ground → terminals → scores → web, then the doors are opened. Stopped the other way round. */
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { startJobs } from '../jobs/runner.ts';
import { type HttpsCertificate, openHttpsCertificate, readFiles } from '../pki/https-certificate.ts';
import { openAlerts } from './alerts.ts';
import { openInOrder } from './closing.ts';
import { openDoor } from './door.ts';
import { openGround } from './ground.ts';
import { openNeighbours } from './neighbours.ts';
import { openScores } from './scores.ts';
import { openTerminals } from './terminals.ts';
import { openWeb, type Web } from './web.ts';

export const VERSION = '0.1.0';

export type Gateway = {
  httpPort: number;
  mqttPort: number;
  firstPassword: Web['firstPassword'];
  /** Takes up a renewed certificate now, and says what is wrong with it; ends nothing. */
  reload(): Promise<void>;
  /** The store says something, be it that it cannot: null. What never comes back only a new start would mend. */
  answers(): Promise<null>;
  /** Nothing new comes in, what has come in is stored and announced, then the ground goes. @throws NotClosed */
  stop(): Promise<void>;
};

/**
 * @param transport `plain` is for measuring what TLS costs: no setting leads to it.
 * @param logLinesLost those of `log`, for the metrics
 */
export async function startGateway(
  config: Config,
  log: Logger,
  transport: 'tls' | 'plain' = 'tls',
  logLinesLost: () => number = () => 0,
): Promise<Gateway> {
  const now = Date.now;
  const monotonic = () => performance.now();
  const { close: stop, ...gateway } = await openInOrder(log, async (onClose) => {
    // Before anything is opened: files that cannot be served are a mistake of the settings.
    const ownCertificate = await openOwnCertificate(config, log, now);
    const ground = await openGround({ config, log, now, monotonic, logLinesLost });
    onClose('the ground', ground.close);
    const neighbours = await openNeighbours({ ground });
    onClose('the other gateways', neighbours.close);
    const terminals = await openTerminals({ config, ground, neighbours });
    onClose('the terminals', terminals.close);
    const scores = await openScores({ config, ground, neighbours, terminals });
    onClose('the scores', scores.close);
    const alerts = await openAlerts({ config, ground, neighbours, terminals, scores });
    onClose('alerts', alerts.close);
    const version = VERSION;
    const web = await openWeb({
      ...{ config, version, ground, neighbours, terminals, scores, alerts, ownCertificate },
    });
    onClose('the web', web.close);
    const door = await openDoor({ config, ground, neighbours, terminals, transport });
    onClose('the door for terminals', door.close);
    neighbours.begin();
    const httpPort = await web.listen();

    const runner = startJobs({
      ...{ log, monotonic, leases: ground.store.leases, holder: ground.instance },
      jobs: [ground, neighbours, terminals, scores, alerts, web, door].flatMap(({ jobs }) => jobs),
      countFailure: (job) => ground.metrics.tallied.jobFailures.add(job),
    });
    onClose('what comes round', runner.stop);
    ground.checkOn();
    onClose('the check of the database', ground.stopCheck);
    return {
      httpPort,
      mqttPort: door.port,
      firstPassword: web.firstPassword,
      reload: web.reload,
      answers: () => answered(ground.store.upkeep.decisions()),
    };
  });
  return { ...gateway, stop };
}

const answered = (reading: Promise<unknown>): Promise<null> =>
  reading.then(
    () => null,
    () => null,
  );

async function openOwnCertificate(
  { httpsCert: certFile, httpsKey: keyFile }: Pick<Config, 'httpsCert' | 'httpsKey'>,
  log: Logger,
  now: () => number,
): Promise<HttpsCertificate | null> {
  if (certFile === null || keyFile === null) return null;
  return openHttpsCertificate({ log, now, read: readFiles({ certFile, keyFile }) });
}
