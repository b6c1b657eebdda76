/** An MQTT client that is not ours: Mosquitto's command line tools. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { TerminalLogin } from './gateway.ts';

/** `folder` holds key.pem, cert.pem and ca.pem. */
export type MosquittoLogin = Pick<TerminalLogin, 'id' | 'folder'>;

export type ToolResult = { code: number | null; out: string; err: string };

function run(tool: string, args: string[]): Promise<ToolResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(tool, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.on('data', (data) => {
      out += String(data);
    });
    child.stderr.on('data', (data) => {
      err += String(data);
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out, err }));
  });
}

const login = (port: number, { id, folder }: MosquittoLogin) => [
  '-V',
  'mqttv311',
  '-h',
  '127.0.0.1',
  '-p',
  String(port),
  '-i',
  id,
  '-u',
  id,
  '--cafile',
  join(folder, 'ca.pem'),
  '--cert',
  join(folder, 'cert.pem'),
  '--key',
  join(folder, 'key.pem'),
];

export function publish(
  port: number,
  terminal: MosquittoLogin,
  topic: string,
  payload: string,
  more: string[] = [],
) {
  return run('mosquitto_pub', [...login(port, terminal), '-q', '1', '-t', topic, '-m', payload, ...more]);
}

/** Takes `count` messages, or what has come after `waitS` seconds; each line is "topic payload". */
export function subscribe(
  port: number,
  terminal: MosquittoLogin,
  topics: string[],
  count: number,
  waitS: number,
) {
  const wanted = topics.flatMap((topic) => ['-t', topic]);
  return run('mosquitto_sub', [
    ...login(port, terminal),
    '-q',
    '1',
    '-v',
    ...wanted,
    '-C',
    String(count),
    '-W',
    String(waitS),
  ]);
}

/** Subscribes to `answerTopic`, publishes, and prints the first answer: request and ack over one connection. */
export function request(
  port: number,
  terminal: MosquittoLogin,
  topic: string,
  payload: string,
  answerTopic: string,
) {
  return run('mosquitto_rr', [
    ...login(port, terminal),
    '-q',
    '1',
    '-t',
    topic,
    '-e',
    answerTopic,
    '-m',
    payload,
    '-W',
    '10',
  ]);
}
