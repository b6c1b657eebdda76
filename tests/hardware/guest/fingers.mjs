/** Plays a wave on the lines and posts when each level was set. A thread of its own: nothing else delays it. */
import fs from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

/** @type {{folder: string, wave: [line: number, level: 0 | 1, holdMs: number][]}} */
const { folder, wave } = workerData;

const lines = new Set(wave.map(([line]) => line));
const pulls = new Map([...lines].map((line) => [line, fs.openSync(`${folder}/sim_gpio${line}/pull`, 'w')]));
const clock = new Int32Array(new SharedArrayBuffer(4));
const marks = [];

for (const [line, level, holdMs] of wave) {
  fs.writeSync(pulls.get(line) ?? -1, level ? 'pull-up' : 'pull-down', 0);
  marks.push(Number(process.hrtime.bigint()) / 1e6);
  if (holdMs > 0) Atomics.wait(clock, 0, 0, holdMs);
}
for (const pull of pulls.values()) fs.closeSync(pull);
parentPort?.postMessage(marks);
