/** The command line as a process, on a data folder. */
import { execFile } from 'node:child_process';

const CLI = new URL('../../dist/gateway/run/manyi.js', import.meta.url).pathname;

export type CliResult = { code: number; out: string; err: string };

export function manyi(dataDir: string, ...args: string[]): Promise<CliResult> {
  return manyiWith({ MANYI_DATA_DIR: dataDir }, ...args);
}

/** With these settings. */
export function manyiWith(settings: Record<string, string>, ...args: string[]): Promise<CliResult> {
  return new Promise((resolve) => {
    const env = { ...process.env, ...settings };
    execFile(process.execPath, [CLI, ...args], { env, maxBuffer: 1e8 }, (error, out, err) => {
      const code = typeof error?.code === 'number' ? error.code : error ? -1 : 0;
      resolve({ code, out, err });
    });
  });
}
