/** The gateway's steps, opened and closed in a process of their own, which says what it holds. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { reap } from './reaper.ts';

const CHILD = new URL('./wiring-child.mjs', import.meta.url).pathname;

export const STEPS = [
  'ground',
  'neighbours',
  'terminals',
  'scores',
  'alerts',
  'web',
  'door',
  'gateway',
] as const;

export type Held = {
  /** What its descriptors are of. */
  files: string[];
  /** Sockets, servers, timers, child processes. */
  resources: string[];
};

export type Wiring = {
  /** Opens and closes. @returns `ok`, or the code of what keeps it from being opened. */
  attempt(): Promise<string>;
  held(): Promise<Held>;
  end(): void;
};

export type WiringOptions = {
  /** The last step that is opened; `gateway` is all of them, and what comes round. */
  upTo: (typeof STEPS)[number];
  env: Record<string, string>;
  user?: { uid: number; gid: number };
};

export function startWiring({ upTo, env, user }: WiringOptions): Wiring {
  const ports = { MANYI_HTTP_PORT: '0', MANYI_MQTT_PORT: '0', MANYI_MQTT_HOST: '127.0.0.1' };
  const settings = { ...ports, MANYI_ADMIN_PASSWORD: 'a-test-of-many-votes', ...env };
  const child = fork(CHILD, [JSON.stringify({ upTo, env: settings })], { ...user, stdio: 'inherit' });
  reap(child);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`it ended (${code})`);
  });
  ended.catch(() => {});
  const ask = async (what: string) => {
    child.send(what);
    const [answer] = await Promise.race([once(child, 'message'), ended]);
    return answer;
  };
  return {
    attempt: () => ask('attempt') as Promise<string>,
    held: () => ask('held') as Promise<Held>,
    end: () => void child.kill('SIGKILL'),
  };
}
