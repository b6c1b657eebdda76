/** A gateway as a child process. Nobody is to reach a demo from elsewhere. */
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { DemoError } from '../demo-error.ts';
import { type Child, describe, startChild } from './child.ts';
import type { Keeper } from './keeper.ts';
import { openLogFile } from './log-file.ts';

export type Ports = { httpPort: number; mqttPort: number };

export type GatewayOptions = {
  name: string;
  dataDir: string;
  ports: Ports;
  adminPassword: string;
  /** Settings beside those that every gateway of a demo has. */
  env: Record<string, string>;
  logPath: string;
  keeper: Keeper;
};

const MAIN = fileURLToPath(new URL('../../../gateway/run/main.js', import.meta.url));

/** `ready` rejects when it ends before. Its standard output is its log. */
export function startGateway(options: GatewayOptions): { child: Child; ready: Promise<Ports> } {
  const { name, dataDir, ports, adminPassword, env, logPath, keeper } = options;
  const { child, process: gateway } = startChild(
    {
      ...{ name, logPath, keeper },
      isApart: true,
      command: process.execPath,
      args: [MAIN],
      env: {
        MANYI_DATA_DIR: dataDir,
        MANYI_HTTP_HOST: '127.0.0.1',
        MANYI_HTTP_PORT: String(ports.httpPort),
        MANYI_MQTT_HOST: '127.0.0.1',
        MANYI_MQTT_PORT: String(ports.mqttPort),
        // At --rate 1000 each window has more simulated citizens than there are seconds.
        MANYI_VOTES_PER_MINUTE: '1000000000',
        MANYI_VOTES_PER_HOUR: '1000000000',
        MANYI_VOTES_PER_DAY: '1000000000',
        MANYI_ADMIN_PASSWORD: adminPassword,
        // Its readiness is read from its log.
        MANYI_LOG_LEVEL: 'info',
        ...env,
      },
    },
    ['ignore', 'pipe', 'pipe'],
  );
  const file = openLogFile(logPath);
  const complaints: string[] = [];
  gateway.stderr!.on('data', (text: Buffer) => {
    if (complaints.length < 20) complaints.push(text.toString());
    file.write(text.toString());
  });
  const announced = new Promise<Ports>((resolve) => {
    createInterface({ input: gateway.stdout! }).on('line', (line) => {
      file.write(`${line}\n`);
      if (line.includes('"gateway ready"')) resolve(JSON.parse(line) as Ports);
    });
  });
  const failed = child.ended.then((ending): never => {
    throw new DemoError('gateway-failed', `${describe(ending)}\n${complaints.join('').trimEnd()}`);
  });
  return { child, ready: Promise.race([announced, failed]) };
}
