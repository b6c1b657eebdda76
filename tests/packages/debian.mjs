/** A copy of a clean Debian, booted in a container: its own systemd, processes and network. */
import { execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { run } from '../support/rig/shell.mjs';
import { until } from '../support/rig/until.mjs';

const execFileAsync = promisify(execFile);
const UP_MS = 60_000;
const COMMAND_MS = 180_000;
const TAIL_LINES = 60;
const ENVIRONMENT = [
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'HOME=/root',
  'LC_ALL=C.UTF-8',
  'DEBIAN_FRONTEND=noninteractive',
  'SYSTEMD_PAGER=',
];

/** @typedef {Awaited<ReturnType<typeof bootDebian>>} Debian */

/**
 * @param {object} options
 * @param {string} options.suite
 * @param {string} options.root a clean one
 * @param {string} options.folder for the copy
 * @param {string} options.packages seen as /packages
 */
export async function bootDebian({ suite, root, folder, packages }) {
  const copy = path.join(folder, suite);
  await run('cp', ['-a', '--reflink=auto', root, copy]);
  const container = spawn(
    'systemd-nspawn',
    [
      ...['--quiet', `--directory=${copy}`, `--bind-ro=${packages}:/packages`, '--boot'],
      ...['--register=no', '--keep-unit', '--private-network', '--link-journal=no', '--console=pipe'],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  /** @type {string[]} */
  const tail = [];
  for (const stream of [container.stdout, container.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      tail.push(...text.split('\n'));
      tail.splice(0, tail.length - TAIL_LINES);
    });
  /** @type {string | undefined} */
  let leader;
  const cut = () => {
    // All processes of the container end with its first one.
    if (leader !== undefined && isFirst(leader)) process.kill(Number(leader), 'SIGKILL');
    container.kill('SIGKILL');
  };
  process.once('exit', cut);
  const inside = (/** @type {string[]} */ command, timeout = COMMAND_MS) =>
    execFileAsync('nsenter', ['-t', String(leader), '-a', '--', 'env', '-i', ...ENVIRONMENT, ...command], {
      timeout,
      maxBuffer: 64 << 20,
    });
  const why = () => `Console:\n${tail.join('\n')}`;
  try {
    leader = await until('the container has a first process', () => firstOf(container.pid), { why });
    await until('systemd is up', () => state().then((is) => is === 'running'), { timeoutMs: UP_MS, why });
  } catch (error) {
    cut();
    throw error;
  }

  async function state() {
    const { stdout } = await inside(['systemctl', 'is-system-running']).catch((error) => error);
    return String(stdout).trim();
  }

  return {
    suite,
    /** As this machine sees it. */
    copy,
    /** A shell script as root; rejects with what it said when it fails. @returns {Promise<string>} */
    async sh(/** @type {string} */ script) {
      try {
        return (await inside(['sh', '-euc', script])).stdout.trim();
      } catch (error) {
        const { stdout = '', stderr = '', code } = /** @type {any} */ (error);
        throw new Error(`${script}\n  exit ${code}: ${(stdout + stderr).trim().slice(-3000)}`);
      }
    },
    /** Its exit status and all that it said. */
    async tried(/** @type {string} */ script) {
      try {
        const { stdout, stderr } = await inside(['sh', '-euc', script]);
        return { code: 0, said: stdout + stderr };
      } catch (error) {
        const { stdout = '', stderr = '', code } = /** @type {any} */ (error);
        return { code: Number(code), said: String(stdout + stderr) };
      }
    },
    /** Process ids as this machine has them, of one that the container knows as `pid`. */
    pidOutside(/** @type {string} */ pid) {
      const found = childrenBelow(String(leader)).find((id) => pidsOf(id).at(-1) === pid);
      if (found === undefined) throw new Error(`no process ${pid} in the container`);
      return found;
    },
    async end() {
      cut();
      process.off('exit', cut);
      await until(
        'the container has ended',
        () => container.exitCode !== null || container.signalCode !== null,
      );
      await until('its processes have ended', () => leader === undefined || !isFirst(leader));
      fs.rmSync(copy, { recursive: true, force: true });
    },
  };
}

/** Ids of a process, in this machine's namespace first. */
function pidsOf(/** @type {string} */ id) {
  try {
    const status = fs.readFileSync(`/proc/${id}/status`, 'utf8');
    if (/^State:\s+[ZX]/m.test(status)) return [];
    return /^NSpid:\s+(.*)$/m.exec(status)?.[1]?.split(/\s+/) ?? [];
  } catch {
    return [];
  }
}

const isFirst = (/** @type {string} */ id) => pidsOf(id).length > 1 && pidsOf(id).at(-1) === '1';

function childrenOf(/** @type {string} */ id) {
  try {
    return fs.readFileSync(`/proc/${id}/task/${id}/children`, 'utf8').trim().split(' ').filter(Boolean);
  } catch {
    return [];
  }
}

/** @returns {string[]} */
function childrenBelow(/** @type {string} */ id) {
  return childrenOf(id).flatMap((child) => [child, ...childrenBelow(child)]);
}

const firstOf = (/** @type {number | undefined} */ pid) => childrenOf(String(pid)).find(isFirst);
