/**
 * A disk that takes writes and then cannot keep them: strace makes the system calls of a running process fail. The process
 * is attached to and let go again, so that what it does when the disk works again can be seen without a restart.
 */
import { spawn } from 'node:child_process';
import { type Requirement, succeeds } from './prerequisites.ts';
import { until } from './wait.ts';

export type IoErrors = {
  /** System calls that were made to fail so far. */
  failures(): number;
  /** The disk works again. */
  heal(): Promise<void>;
};

export type IoErrorOptions = {
  /** Default: what makes a commit last. Others: `pwrite64`, `pread64`, `ftruncate`. */
  calls?: string[];
  error?: string;
  /** The first of these calls that fails, counted from now on in each thread, 1 at least. */
  fromCall?: number;
};

export const STRACE: Requirement = {
  name: 'strace that may attach to a process',
  howToGetIt: 'apt-get install strace, and run the tests as root (in a container: with CAP_SYS_PTRACE)',
  isThere: () => succeeds('strace', ['-o', '/dev/null', '-e', 'trace=none', 'true']),
};

/**
 * From now on the calls of the process fail; resolves once that is so. Do not use it on two things of one process at
 * once: Linux lets one tracer attach.
 */
export async function failIo(
  pid: number,
  { calls = ['fsync', 'fdatasync'], error = 'EIO', fromCall = 1 }: IoErrorOptions = {},
): Promise<IoErrors> {
  const names = calls.join(',');
  const inject = `inject=${names}:error=${error}:when=${fromCall}+`;
  const tracer = spawn('strace', ['-f', '-p', String(pid), '-e', `trace=${names}`, '-e', inject], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  let failures = 0;
  tracer.stderr.on('data', (data) => {
    output = (output + String(data)).slice(-64 * 1024);
    failures += String(data).split('(INJECTED)').length - 1;
  });
  const ended = new Promise<void>((resolve) => tracer.once('close', () => resolve()));
  await until('strace to be attached', () => {
    if (tracer.exitCode !== null) throw new Error(`strace ended: ${output}`);
    return output.includes('attached');
  });
  return {
    failures: () => failures,
    async heal() {
      tracer.kill('SIGTERM');
      await ended;
    },
  };
}
