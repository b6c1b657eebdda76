/** The command-line tools of libgpiod. Versions 1 and 2 are different programs under the same names. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { DeviceError, messageOf } from '../errors.ts';

export type GpiodVersion = 1 | 2;

/** Throws `gpiod-missing` or `gpiod-unknown`. */
export async function detectGpiod(tool: string): Promise<GpiodVersion> {
  const text = await runTool(tool, ['--version']);
  const major = /v?(\d+)\.\d+/.exec(text)?.[1];
  if (major === '1' || major === '2') return Number(major) as GpiodVersion;
  throw new DeviceError('gpiod-unknown', `${tool} --version says "${text.split('\n')[0]}"; wanted 1 or 2`);
}

/** The chip's name (`gpiochip0`) for its label: version 2 does not take labels. Throws `gpio-chip-not-found`. */
export async function findChipName(label: string): Promise<string> {
  // gpiochip0 [pinctrl-bcm2711] (58 lines), the same in both versions.
  const text = await runTool('gpiodetect', []);
  const chips = [...text.matchAll(/^(\S+) \[(.*)\] \(\d+ lines?\)/gm)];
  const found = chips.find(([, , chipLabel]) => chipLabel === label)?.[1];
  if (found !== undefined) return found;
  const labels = chips.map(([, , chipLabel]) => `"${chipLabel}"`).join(', ') || 'none';
  throw new DeviceError('gpio-chip-not-found', `no GPIO chip labelled "${label}"; there is ${labels}`);
}

export async function runTool(tool: string, args: string[]): Promise<string> {
  return await new Promise((resolve, reject) => {
    execFile(tool, args, { timeout: 5_000 }, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      if ((error as NodeJS.ErrnoException).code === 'ENOENT')
        return reject(new DeviceError('gpiod-missing', `${tool} is not installed: apt install gpiod`, error));
      reject(new DeviceError('gpiod-failed', `${tool}: ${stderr.trim() || messageOf(error)}`, error));
    });
  });
}

/** Of util-linux, on every Debian and Raspberry Pi OS. */
const SETPRIV = '/usr/bin/setpriv';

/**
 * The command for a tool that must not outlive this process: an orphan, left by kill -9, keeps its lines busy for the next start.
 * setpriv becomes the tool itself (same process id), after asking the kernel to end it with its parent.
 */
export function tiedCommand(tool: string, args: string[]): [file: string, args: string[]] {
  return existsSync(SETPRIV) ? [SETPRIV, ['--pdeathsig', 'TERM', tool, ...args]] : [tool, args];
}

/** How many descriptors whose name holds `kind` (`gpio-event`, `gpio-line`) a process has open; 0 when it is gone. */
export function countLineDescriptors(pid: number | undefined, kind: string): number {
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).filter((fd) => readlinkSync(`${folder}/${fd}`).includes(kind)).length;
  } catch {
    return 0;
  }
}
