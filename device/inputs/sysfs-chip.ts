/** Where a GPIO chip's numbers begin in sysfs. Kernel 6.6 moved the bases (BCM 17 may be 529), so the label decides. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeviceError } from '../errors.ts';

export const SYSFS_GPIO = '/sys/class/gpio';

/** Throws `gpio-sysfs-absent` or `gpio-chip-not-found`. */
export function findSysfsBase(label: string, root = SYSFS_GPIO): number {
  const found = listSysfsChips(root);
  const chip = found.find((one) => one.label === label);
  if (chip === undefined)
    throw new DeviceError(
      'gpio-chip-not-found',
      `no GPIO chip labelled "${label}"; there is ${found.map((one) => `"${one.label}"`).join(', ') || 'none'}`,
    );
  return chip.base;
}

function listSysfsChips(root: string): { label: string; base: number }[] {
  let names: string[];
  try {
    names = readdirSync(root).filter((name) => name.startsWith('gpiochip'));
  } catch (error) {
    throw new DeviceError('gpio-sysfs-absent', `${root} is not there: use the input gpio-line`, error);
  }
  const read = (name: string, file: string) => readFileSync(join(root, name, file), 'utf8').trim();
  return names.map((name) => ({ label: read(name, 'label'), base: Number(read(name, 'base')) }));
}
