/** Looks at an output line every two milliseconds, for ever, and posts each change of it, the first look included. */
import fs from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

/** @type {{folder: string, line: number}} */
const { folder, line } = workerData;

const value = fs.openSync(`${folder}/sim_gpio${line}/value`, 'r');
const clock = new Int32Array(new SharedArrayBuffer(4));
const buffer = Buffer.alloc(8);
let last = -1;

for (;;) {
  fs.readSync(value, buffer, 0, buffer.length, 0);
  const level = buffer[0] === 0x31 ? 1 : 0;
  if (level !== last) parentPort?.postMessage({ level, at: Number(process.hrtime.bigint()) / 1e6 });
  last = level;
  Atomics.wait(clock, 0, 0, 2);
}
