/**
 * The check that a gateway begins with. In a process of its own: it can be ended at any moment, it does not stop the event
 * loop, and a file that is so broken that reading it crashes takes only that process down.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { CheckReport } from '../check.ts';
import { StoreFailure } from '../failures.ts';

const PROGRAM = fileURLToPath(new URL('./check-process.js', import.meta.url));
const LOW_PRIORITY = 10;

export type StartCheck = {
  /** Null for a database that is not there yet. Rejects with StoreFailure `check-failed`. */
  report: Promise<CheckReport | null>;
  /** Others have the machine first from now on. */
  lowerPriority(): void;
  stop(): void;
};

export function beginCheck(file: string): StartCheck {
  if (!existsSync(file)) return { report: Promise.resolve(null), lowerPriority() {}, stop() {} };
  const child = spawn(process.execPath, [PROGRAM, file], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (data) => {
    out += String(data);
  });
  child.stderr.on('data', (data) => {
    err = (err + String(data)).slice(-2_000);
  });
  const report = new Promise<CheckReport>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) resolve(JSON.parse(out) as CheckReport);
      else
        reject(
          new StoreFailure(
            'check-failed',
            `the check of ${file} ended with ${code ?? signal}: ${err.trim()}`,
          ),
        );
    });
  });
  // Whoever waits for it is told; nobody may be waiting when it is stopped.
  report.catch(() => {});
  return {
    report,
    lowerPriority() {
      try {
        if (child.pid !== undefined && child.exitCode === null) setPriority(child.pid, LOW_PRIORITY);
      } catch {
        // It has just ended.
      }
    },
    stop: () => void child.kill('SIGKILL'),
  };
}
