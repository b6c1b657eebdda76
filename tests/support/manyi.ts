/** The command line: a real process on a gateway's data folder. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const CLI = new URL('../../dist/gateway/run/manyi.js', import.meta.url).pathname;
const run = promisify(execFile);

export type Manyi = {
  (...args: string[]): Promise<{ stdout: string; stderr: string }>;
  json(...args: string[]): Promise<unknown>;
};

export function createManyi({ dataDir }: { dataDir: string }): Manyi {
  const manyi = (...args: string[]) =>
    run(process.execPath, [CLI, ...args], { env: { ...process.env, MANYI_DATA_DIR: dataDir } });
  return Object.assign(manyi, {
    json: async (...args: string[]) => JSON.parse((await manyi(...args, '--json')).stdout) as unknown,
  });
}
