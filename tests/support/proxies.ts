/** nginx and HAProxy as they are, with what docs/proxies.md tells people to write. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCertificate } from './certificate.ts';
import { type Requirement, succeeds } from './prerequisites.ts';
import { reap } from './reaper.ts';
import { until } from './wait.ts';

const sbin = (name: string) => `/usr/sbin/${name}`;
export const NGINX: Requirement = {
  name: 'nginx',
  howToGetIt: 'apt-get install nginx-light',
  isThere: () => succeeds(sbin('nginx'), ['-v']),
};
export const HAPROXY: Requirement = {
  name: 'HAProxy',
  howToGetIt: 'apt-get install haproxy',
  isThere: () => succeeds(sbin('haproxy'), ['-v']),
};

const DOCS = new URL('../../docs/proxies.md', import.meta.url);

/** The code block below a heading of docs/proxies.md. @throws Error when there is none. */
export function snippet(heading: string): string {
  const [, text] = readFileSync(DOCS, 'utf8').split(`## ${heading}\n`);
  const block = /```\w*\n([\s\S]*?)```/.exec(text ?? '')?.[1];
  if (block === undefined) throw new Error(`docs/proxies.md has no block below ${heading}`);
  return block;
}

export type RunningProxy = { port: number; cert: string; log(): string; stop(): Promise<void> };

/** @param configure is given a free port, and where a certificate and its key are (both in one file, too). */
async function start(
  command: string,
  args: (file: string, folder: string) => string[],
  configure: (own: { port: number; folder: string; cert: string; key: string; both: string }) => string,
): Promise<RunningProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'manyi-proxy-'));
  mkdirSync(join(folder, 'logs'));
  const { cert, key } = await createCertificate();
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const own = {
    ...{ port: await freePort(), folder, cert: write('cert.pem', cert), key: write('key.pem', key) },
    both: write('both.pem', `${cert}\n${key}`),
  };
  const file = write('proxy.conf', configure(own));
  const child = reap(spawn(command, args(file, folder), { stdio: ['ignore', 'pipe', 'pipe'] }));
  let output = '';
  const keep = (data: Buffer) => {
    output = (output + String(data)).slice(-100_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  await until(`${command} to listen`, () => {
    if (child.exitCode !== null) throw new Error(`${command} ended (${child.exitCode}):\n${output}`);
    return answers(own.port);
  });
  return {
    port: own.port,
    cert,
    log: () => output,
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode === null && child.kill('SIGKILL')) await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** @param server what is between `http {` and `}`, with PORT, CERT and KEY to be filled in. */
export const startNginx = (server: string) =>
  start(
    sbin('nginx'),
    (file, folder) => ['-p', folder, '-c', file, '-e', 'stderr'],
    ({ port, folder, cert, key }) => `
daemon off; master_process off; pid ${folder}/pid; error_log stderr warn;
events { worker_connections 256; }
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((what) => `${what}_temp_path ${folder}/${what};`).join(' ')}
  ${fill(server, { PORT: port, CERT: cert, KEY: key })}
}`,
  );

/** @param sections with PORT and CERT (certificate and key) to be filled in. */
export const startHaproxy = (sections: string) =>
  start(
    sbin('haproxy'),
    (file) => ['-db', '-f', file],
    ({ port, both }) => `global\n    maxconn 256\n${fill(sections, { PORT: port, CERT: both })}`,
  );

const fill = (text: string, values: Record<string, string | number>) =>
  Object.entries(values).reduce((filled, [name, value]) => filled.replaceAll(name, String(value)), text);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
