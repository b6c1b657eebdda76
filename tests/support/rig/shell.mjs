/** Programs of the host, and the folder of what rigs have built. */
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);

/** Nothing that was started here goes on when the run ends. @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
process.once('exit', () => running.forEach((child) => void child.kill('SIGKILL')));

/** Outside the checkout: what was built survives a fresh clone. */
const CACHE = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'manyi');

/**
 * Runs a program to its end and gives its standard output. Rejects with the end of what it said.
 * @param {string} program
 * @param {string[]} args
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs?: number}} [options]
 */
export async function run(program, args, { timeoutMs = 240_000, ...options } = {}) {
  try {
    const limits = { timeout: timeoutMs, maxBuffer: 64 << 20 };
    const promise = execFileAsync(program, args, { ...limits, ...options });
    running.add(promise.child);
    return (await promise.finally(() => running.delete(promise.child))).stdout;
  } catch (error) {
    const { stderr = '', message } = /** @type {Error & {stderr?: string}} */ (error);
    throw new Error(`${program} failed: ${(stderr || message).trim().slice(-2000)}`);
  }
}

/** A pipeline, failing when any part of it fails. */
export const runPipe = (/** @type {string} */ script, /** @type {string} */ cwd) =>
  run('bash', ['-euo', 'pipefail', '-c', script], { cwd });

/** @param {string} program */
export function isInstalled(program) {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'];
  return folders.some((folder) => fs.existsSync(path.join(folder, program)));
}

/**
 * Gives a folder of the cache, made by `build` in a temporary folder beside it when it is not there yet. What is there
 * is whole: the folder gets its name last.
 * @param {string} name `RIG/WHAT-KEY`
 * @param {(folder: string, scratch: string) => Promise<void>} build
 */
export async function cached(name, build) {
  const folder = path.join(CACHE, name);
  if (fs.existsSync(folder)) return folder;
  fs.mkdirSync(path.dirname(folder), { recursive: true });
  const work = fs.mkdtempSync(path.join(path.dirname(folder), '.building-'));
  try {
    const made = path.join(work, 'made');
    const scratch = path.join(work, 'scratch');
    fs.mkdirSync(made);
    fs.mkdirSync(scratch);
    await build(made, scratch);
    moveInto(made, folder);
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
  return folder;
}

/** Another run may have been faster: its folder is as good. */
function moveInto(/** @type {string} */ made, /** @type {string} */ folder) {
  try {
    fs.renameSync(made, folder);
  } catch (error) {
    if (!fs.existsSync(folder)) throw error;
  }
}
