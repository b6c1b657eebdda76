/** A lamp on a sysfs GPIO line, with onoff. */
import { Gpio } from 'onoff';
import { findSysfsBase } from '../inputs/sysfs-chip.ts';
import type { LampLine } from './lamp-port.ts';

export function createSysfsLampLine({ chip, offset }: { chip: string; offset: number }): LampLine {
  let gpio: Gpio | null = null;
  return {
    async open() {
      gpio = new Gpio(findSysfsBase(chip) + offset, 'low');
    },
    set: async (on) => await gpio?.write(on ? 1 : 0),
    async close() {
      gpio?.writeSync(0);
      gpio?.unexport();
      gpio = null;
    },
  };
}
