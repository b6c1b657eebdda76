/** HAProxy in front of both gateways, for terminals and for browsers, as docs/proxies.md has it. */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DemoError } from '../demo-error.ts';
import { type Child, describe, startChild } from '../processes/child.ts';
import type { Ports } from '../processes/gateway.ts';
import type { Keeper } from '../processes/keeper.ts';
import { openLogFile } from '../processes/log-file.ts';
import type { ProvinceGateway } from './gateways.ts';

/** Null where it is not installed. */
export function findHaproxy(): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, 'haproxy')).find((path) => existsSync(path)) ?? null;
}

export type HaproxyOptions = {
  program: string;
  dataDir: string;
  /** Its own. */
  ports: Ports;
  gateways: readonly ProvinceGateway[];
  keeper: Keeper;
};

const START_MS = 10_000;
const LOOK_EVERY_MS = 20;

export async function startHaproxy(options: HaproxyOptions): Promise<Child> {
  const { program, dataDir, ports, gateways, keeper } = options;
  const file = join(dataDir, 'haproxy.cfg');
  await writeFile(file, configure(ports, gateways));
  const logPath = join(dataDir, 'haproxy.log');
  const { child, process: proxy } = startChild(
    { name: 'HAProxy', command: program, args: ['-db', '-f', file], env: {}, logPath, keeper, isApart: true },
    ['ignore', 'pipe', 'pipe'],
  );
  const log = openLogFile(logPath);
  for (const stream of [proxy.stdout!, proxy.stderr!])
    stream.on('data', (text: Buffer) => log.write(text.toString()));
  const failed = child.ended.then((ending): never => {
    throw new DemoError('balancer-failed', describe(ending));
  });
  await Promise.race([failed, listens(ports.httpPort)]);
  return child;
}

/** A gateway is gone for HAProxy as soon as it takes no connection, and back when it has answered twice. */
const checked = 'inter 500ms fall 1 rise 2 observe layer4 error-limit 1 on-error mark-down';

function configure({ httpPort, mqttPort }: Ports, gateways: readonly ProvinceGateway[]): string {
  const servers = (line: (gateway: ProvinceGateway) => string) =>
    gateways
      .map((gateway) => `    server ${gateway.letter} 127.0.0.1:${line(gateway)} ${checked}`)
      .join('\n');
  return `defaults
    timeout connect 2s
    # One that has died refuses at once. One that is only slow is not to lose its terminals for it: they would all come back to it.
    timeout check   5s
    timeout client  2m
    timeout server  2m
    timeout tunnel  1h
    retries 4
    option redispatch 1
    option httpchk GET /healthz

listen terminals
    mode tcp
    bind 127.0.0.1:${mqttPort}
    balance leastconn
${servers(({ ports }) => `${ports.mqttPort} send-proxy-v2 check port ${ports.httpPort} on-marked-down shutdown-sessions`)}

listen people
    mode http
    bind 127.0.0.1:${httpPort}
    # Who has a session at one gateway stays there.
    balance source
    hash-type consistent
    http-request set-header X-Forwarded-Proto http
    http-request set-header X-Forwarded-Host %[req.hdr(host)]
    option forwardfor
${servers(({ ports }) => `${ports.httpPort} check on-marked-down shutdown-sessions`)}
`;
}

async function listens(port: number): Promise<void> {
  const untilMs = performance.now() + START_MS;
  while (!(await answers(port))) {
    if (performance.now() > untilMs) throw new DemoError('balancer-failed', 'HAProxy takes no connection');
    await sleep(LOOK_EVERY_MS);
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
