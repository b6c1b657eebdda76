/**
 * A lamp on a GPIO character-device line, with libgpiod's `gpioset`. The line holds its level only while gpioset runs, so
 * "on" is a running gpioset and "off" is another one that writes 0 after the first was ended.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  countLineDescriptors,
  detectGpiod,
  findChipName,
  type GpiodVersion,
  runTool,
  tiedCommand,
} from '../inputs/gpiod-tools.ts';
import type { LampLine } from './lamp-port.ts';

/** A gpioset that does not get hold of the line by then will not. */
const HOLD_TIMEOUT_MS = 2_000;

export function createLineLampLine(wiring: { chip: string; offset: number }): LampLine {
  const { offset } = wiring;
  let version: GpiodVersion = 1;
  let chip = '';
  let holder: ChildProcess | null = null;

  /** Resolves when gpioset holds the line: on a busy board that may take longer than a blink. */
  const turnOn = async () => {
    if (holder !== null) return;
    const args = version === 1 ? ['--mode=signal', chip, `${offset}=1`] : [`--chip=${chip}`, `${offset}=1`];
    const child = spawn(...tiedCommand('gpioset', args), { stdio: 'ignore' });
    holder = child;
    child.once('error', () => {});
    child.once('close', () => {
      if (holder === child) holder = null;
    });
    const deadline = performance.now() + HOLD_TIMEOUT_MS;
    while (
      holder === child &&
      performance.now() < deadline &&
      countLineDescriptors(child.pid, 'gpio-line') === 0
    )
      await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const turnOff = async () => {
    const child = holder;
    holder = null;
    if (child !== null && child.exitCode === null && child.signalCode === null) {
      const closed = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGTERM');
      await closed;
    }
    // Version 2 stays unless a toggle period of 0 tells it to leave.
    const args = version === 1 ? [chip, `${offset}=0`] : [`--chip=${chip}`, '--toggle=0', `${offset}=0`];
    await runTool('gpioset', args);
  };

  return {
    async open() {
      version = await detectGpiod('gpioset');
      chip = await findChipName(wiring.chip);
      await turnOff();
    },
    set: (on) => (on ? turnOn() : turnOff()),
    close: turnOff,
  };
}
