/**
 * Buttons through /sys/class/gpio with onoff, for boards with the old interface. onoff tells the level at the time its
 * callback runs, not the kernel's time of the edge, and after a stall of the event loop that is late. So while a button is
 * seen pressed its level is read every SAMPLE_MS, and a release is dated at the last time it was seen pressed: a 5 ms spike
 * followed by a stall stays a spike. Debounce is the press machine's work.
 */
import { Gpio } from 'onoff';
import { DeviceError, messageOf } from '../errors.ts';
import type { ButtonIndex, GpioWiring, InputDriver } from './input.ts';
import { findSysfsBase } from './sysfs-chip.ts';

const SAMPLE_MS = 5;

type Line = { gpio: Gpio; button: ButtonIndex; seenPressedMs: number | null; heldAtStart: boolean };

export function createSysfsInput({
  wiring,
  monoMs,
}: {
  wiring: GpioWiring;
  monoMs: () => number;
}): InputDriver {
  let lines: Line[] = [];
  let sampler: NodeJS.Timeout | undefined;

  const close = () => {
    clearInterval(sampler);
    sampler = undefined;
    for (const { gpio } of lines) gpio.unexport();
    lines = [];
  };

  return {
    name: 'gpio-sysfs',
    async start(onEdge, onFault) {
      const base = findSysfsBase(wiring.chip);

      const observe = (line: Line, pressed: boolean, changed: boolean) => {
        const nowMs = monoMs();
        if (line.heldAtStart) {
          if (pressed) return;
          line.heldAtStart = false;
          onFault({ code: 'held-at-start', message: '', active: false });
          return;
        }
        if (pressed) {
          // A repeated press edge means that a release in between went unseen: the press machine must know.
          if (changed || line.seenPressedMs === null) onEdge({ button: line.button, pressed, monoMs: nowMs });
          line.seenPressedMs = nowMs;
          sampler ??= setInterval(sample, SAMPLE_MS);
        } else {
          onEdge({ button: line.button, pressed, monoMs: line.seenPressedMs ?? nowMs });
          line.seenPressedMs = null;
        }
      };
      const sample = () => {
        const held = lines.filter((line) => line.seenPressedMs !== null);
        if (held.length === 0) {
          clearInterval(sampler);
          sampler = undefined;
        }
        for (const line of held) {
          try {
            observe(line, line.gpio.readSync() === 1, false);
          } catch (error) {
            onFault({ code: 'gpio-read-failed', message: messageOf(error), active: true });
          }
        }
      };

      try {
        for (const button of [0, 1, 2] as const) {
          const number = base + wiring.buttons[button];
          const gpio = new Gpio(number, 'in', 'both', { activeLow: wiring.activeLow });
          const line: Line = { gpio, button, seenPressedMs: null, heldAtStart: gpio.readSync() === 1 };
          lines.push(line);
          if (line.heldAtStart)
            onFault({
              code: 'held-at-start',
              message: `button ${button + 1} was down at start`,
              active: true,
            });
          gpio.watch((error, value) => {
            if (error) onFault({ code: 'gpio-read-failed', message: messageOf(error), active: true });
            else observe(line, value === 1, true);
          });
        }
      } catch (error) {
        close();
        throw new DeviceError(
          'gpio-sysfs-failed',
          `cannot watch GPIO lines of ${wiring.chip}: ${messageOf(error)}`,
          error,
        );
      }
    },
    async stop() {
      close();
    },
  };
}
