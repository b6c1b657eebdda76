/** The keeper as a process: it hears of every child, and its input ends when the demo does. */
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

export type Charge =
  | { kind: 'started'; pid: number; signal: NodeJS.Signals }
  | { kind: 'ended'; pid: number }
  | { kind: 'folder'; path: string };

const GRACE_MS = 3_000;
const LOOK_EVERY_MS = 50;

// The end of its input alone ends it: who stops a service or a container tells everybody in it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

const children = new Map<number, NodeJS.Signals>();
const folders: string[] = [];

for await (const line of createInterface({ input: process.stdin })) {
  const charge = JSON.parse(line) as Charge;
  if (charge.kind === 'started') children.set(charge.pid, charge.signal);
  else if (charge.kind === 'ended') children.delete(charge.pid);
  else folders.push(charge.path);
}

for (const [pid, signal] of children) send(pid, signal);
const untilMs = performance.now() + GRACE_MS;
while (performance.now() < untilMs && [...children.keys()].some((pid) => send(pid, 0)))
  await sleep(LOOK_EVERY_MS);
for (const pid of children.keys()) send(pid, 'SIGKILL');
for (const folder of folders) rmSync(folder, { recursive: true, force: true });

/** @returns whether it is still there */
function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}
