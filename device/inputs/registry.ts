/** Drivers by name, each imported only when asked for: a missing native module breaks its own driver and nothing else. */
import { codeOf, DeviceError, messageOf } from '../errors.ts';
import type { GpioWiring, InputDriver, InputName } from './input.ts';

export type InputContext = {
  monoMs: () => number;
  stdin: NodeJS.ReadableStream;
  onInterrupt: () => void;
  gpio: GpioWiring | undefined;
};

const LOADERS: Record<InputName, (context: InputContext) => Promise<InputDriver>> = {
  keyboard: async ({ stdin, monoMs, onInterrupt }) =>
    (await import('./keyboard.ts')).createKeyboard({ stream: stdin, monoMs, onInterrupt }),
  'gpio-sysfs': async ({ gpio, monoMs }) =>
    (await import('./gpio-sysfs.ts')).createSysfsInput({ wiring: needWiring(gpio), monoMs }),
  'gpio-line': async ({ gpio, monoMs }) =>
    (await import('./gpio-line.ts')).createLineInput({ wiring: needWiring(gpio), monoMs }),
};

/** Throws `input-not-available` when the driver's own parts are missing here. */
export async function loadInput(name: InputName, context: InputContext): Promise<InputDriver> {
  try {
    return await LOADERS[name](context);
  } catch (error) {
    if (error instanceof DeviceError) throw error;
    throw new DeviceError(
      'input-not-available',
      `input ${name} cannot be loaded on this machine (${codeOf(error)}): ${messageOf(error)}`,
      error,
    );
  }
}

function needWiring(gpio: GpioWiring | undefined): GpioWiring {
  if (gpio === undefined)
    throw new DeviceError(
      'gpio-not-configured',
      'set MANYI_GPIO_CHIP and MANYI_GPIO_BUTTONS for a GPIO input',
    );
  return gpio;
}
