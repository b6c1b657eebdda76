/**
 * Buttons through the GPIO character device with libgpiod's `gpiomon`, versions 1 and 2. Edges carry the kernel's own
 * monotonic time, so a busy process shortens no press and makes no spike longer. When gpiomon dies it is started again
 * with backoff, and meanwhile the input reports a fault. Debounce is the press machine's work.
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import type { Readable } from 'node:stream';
import { createBackoff } from '../backoff.ts';
import { DeviceError, messageOf } from '../errors.ts';
import {
  countLineDescriptors,
  detectGpiod,
  findChipName,
  type GpiodVersion,
  runTool,
  tiedCommand,
} from './gpiod-tools.ts';
import type { ButtonIndex, Edge, GpioWiring, InputDriver } from './input.ts';

type Gpiomon = ChildProcessByStdio<null, Readable, Readable>;

/** Beyond this an event time is of another clock (version 1 on kernels before 5.7): then the time of arrival counts. */
const CLOCK_TOLERANCE_MS = 5_000;
const READY_TIMEOUT_MS = 5_000;
const LINE_LIMIT = 4_096;

export function createLineInput({
  wiring,
  monoMs,
}: {
  wiring: GpioWiring;
  monoMs: () => number;
}): InputDriver {
  let stop = async () => {};
  return {
    name: 'gpio-line',
    async start(onEdge, onFault) {
      const backoff = createBackoff({ baseMs: 500, capMs: 30_000, floorMs: 200 });
      const held = new Map<ButtonIndex, number>();
      let child: Gpiomon | null = null;
      let timer: NodeJS.Timeout | undefined;
      let stopped = false;

      const report = (edge: Edge) => {
        if (edge.pressed) held.set(edge.button, edge.monoMs);
        else held.delete(edge.button);
        onEdge(edge);
      };
      const run = async () => {
        const version = await detectGpiod('gpiomon');
        const chip = await findChipName(wiring.chip);
        const heldAtStart = await readHeld(version, chip, wiring);
        if (stopped) return;
        const message = `down at start: button ${heldAtStart.map((button) => button + 1).join(', ')}`;
        onFault({ code: 'held-at-start', message, active: heldAtStart.length > 0 });
        child = spawn(...tiedCommand('gpiomon', monitorArgs(version, chip, wiring)), {
          stdio: ['ignore', 'pipe', 'pipe'],
        });
        hurry(child);
        const gone = watchEnd(child);
        readLines(child.stdout, (line) => {
          const edge = parseEdge(line, wiring, monoMs());
          if (edge === null) return;
          if (heldAtStart.length > 0) onFault({ code: 'held-at-start', message: '', active: false });
          report(edge);
        });
        void gone.then((reason) => {
          child = null;
          // Nobody sees the lines now. A press under way ends at its own last edge, so that it cannot become a vote.
          for (const [button, sinceMs] of held) onEdge({ button, pressed: false, monoMs: sinceMs });
          held.clear();
          lose(reason);
        });
        await untilWatching(child, version, gone);
        if (stopped) return;
        backoff.reset();
        onFault({ code: 'gpiomon-lost', message: '', active: false });
      };
      const lose = (reason: string) => {
        if (stopped) return;
        onFault({ code: 'gpiomon-lost', message: `gpiomon ended: ${reason}`, active: true });
        clearTimeout(timer);
        timer = setTimeout(
          () => void run().catch((error) => child === null && lose(messageOf(error))),
          backoff.nextMs(),
        );
      };

      stop = async () => {
        stopped = true;
        clearTimeout(timer);
        child?.kill('SIGTERM');
      };
      try {
        await run();
      } catch (error) {
        await stop();
        throw error;
      }
    },
    stop: () => stop(),
  };
}

/** `%e %o …time`: an explicit format, because the default output differs between versions and translations. */
function monitorArgs(version: GpiodVersion, chip: string, { buttons, activeLow }: GpioWiring): string[] {
  const offsets = buttons.map(String);
  const low = activeLow ? ['--active-low'] : [];
  const bias = `--bias=${activeLow ? 'pull-up' : 'pull-down'}`;
  if (version === 1) return [...low, bias, '--line-buffered', '--format=%e %o %s %n', chip, ...offsets];
  const clock = ['--event-clock=monotonic', '--edges=both', '--banner'];
  return [...low, bias, ...clock, '--format=%e %o %S', `--chip=${chip}`, ...offsets];
}

/** Version 1 calls falling 0 and rising 1; version 2 calls rising 1 and falling 2. Rising is pressed: the kernel inverts. */
export function parseEdge(line: string, { buttons }: GpioWiring, nowMs: number): Edge | null {
  const match = /^([012]) (\d+) +(\d+)(?:[ .]+(\d{1,9}))?$/.exec(line.trim());
  if (match === null) return null;
  const [, type, offset, seconds, fraction = '0'] = match;
  const button = buttons.indexOf(Number(offset));
  if (button < 0) return null;
  // Both print nine digits behind a point; version 1's own field is a plain number of nanoseconds.
  const nanoseconds = line.includes('.') ? Number(fraction.padEnd(9, '0')) : Number(fraction);
  const eventMs = Number(seconds) * 1000 + nanoseconds / 1e6;
  const monoMs = Math.abs(nowMs - eventMs) < CLOCK_TOLERANCE_MS ? Math.min(eventMs, nowMs) : nowMs;
  return { button: button as ButtonIndex, pressed: type === '1', monoMs };
}

async function readHeld(version: GpiodVersion, chip: string, { buttons, activeLow }: GpioWiring) {
  const low = activeLow ? ['--active-low'] : [];
  const bias = `--bias=${activeLow ? 'pull-up' : 'pull-down'}`;
  const target = version === 1 ? [chip] : ['--numeric', `--chip=${chip}`];
  const text = await runTool('gpioget', [...low, bias, ...target, ...buttons.map(String)]);
  const levels = text.trim().split(/\s+/);
  return ([0, 1, 2] as const).filter((button) => levels[button] === '1');
}

/** An edge that gpiomon reads late reaches the press machine late. Needs a privilege; without it the grace must do. */
function hurry(child: Gpiomon): void {
  try {
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_HIGH);
  } catch {
    // Not permitted.
  }
}

function watchEnd(child: Gpiomon): Promise<string> {
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-500);
  });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(messageOf(error)));
    child.once('close', (code, signal) => resolve(complaint.trim() || `exit ${code ?? signal}`));
  });
}

function readLines(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split('\n');
    rest = (lines.pop() ?? '').slice(-LINE_LIMIT);
    for (const line of lines) onLine(line);
  });
}

/** Version 2 prints a banner when it watches; version 1 says nothing, but holds one event descriptor a line. */
async function untilWatching(child: Gpiomon, version: GpiodVersion, gone: Promise<string>): Promise<void> {
  let ended: string | null = null;
  void gone.then((reason) => {
    ended = reason;
  });
  let banner = false;
  child.stdout.once('data', () => {
    banner = true;
  });
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (!(version === 2 ? banner : countLineDescriptors(child.pid, 'gpio-event') >= 3)) {
    if (ended !== null) throw new DeviceError('gpiomon-failed', `gpiomon: ${ended}`);
    if (performance.now() > deadline) {
      child.kill('SIGKILL');
      throw new DeviceError('gpiomon-failed', 'gpiomon does not begin to watch');
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
