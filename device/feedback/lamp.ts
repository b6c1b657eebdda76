/**
 * The thank-you lamp: a steady light for thanks, a quick blink for "not taken", and a short flash every three seconds while no
 * vote can be taken at all. The light is the same for every button.
 */
import type { AgentConfig } from '../config.ts';
import { DeviceError, messageOf } from '../errors.ts';
import type { Feedback } from './feedback.ts';
import type { LampLine } from './lamp-port.ts';

export type Lamp = Feedback & { setThanksMs(thanksMs: number): void };

const DEFAULT_THANKS_MS = 1_500;
const BLINK_MS = 100;
const BLINKS = 5;
/** The standing sign. Longer than a blink of the refusal, too short for a thank-you, and rare: each flash may cost a process. */
const FLASH_MS = 300;
const FLASH_EVERY_MS = 3_000;

/** Through the interface that the chosen GPIO input uses; null when no lamp is wired. */
export function createLamp(settings: Pick<AgentConfig, 'gpio' | 'inputs'>): Lamp | null {
  const { gpio, inputs } = settings;
  if (gpio?.lamp === undefined) return null;
  const wiring = { chip: gpio.chip, offset: gpio.lamp };
  const load = inputs.includes('gpio-sysfs')
    ? async () => (await import('./lamp-sysfs.ts')).createSysfsLampLine(wiring)
    : async () => (await import('./lamp-line.ts')).createLineLampLine(wiring);
  return createLampOn(load);
}

export function createLampOn(load: () => Promise<LampLine>): Lamp {
  let line: LampLine | null = null;
  let thanksMs = DEFAULT_THANKS_MS;
  let timer: NodeJS.Timeout | undefined;
  let plays = 0;
  let outOfOrder = false;
  let resting = true;
  let wanted: Promise<void> = Promise.resolve();

  /** One after the other, so that an off never overtakes its on. A failed lamp must not stop a vote. */
  const set = (on: boolean): Promise<void> => {
    wanted = wanted.then(() => line?.set(on)).catch(() => {});
    return wanted;
  };
  /** A step lasts from when its level is there: a lamp that is slow to turn on must not swallow a blink. */
  const play = (steps: number[], on = true) => {
    clearTimeout(timer);
    resting = false;
    plays += 1;
    const mine = plays;
    const [first, ...rest] = steps;
    void set(on).then(() => {
      if (mine !== plays) return;
      if (first !== undefined) timer = setTimeout(() => play(rest, !on), first);
      else stayAtRest();
    });
  };
  /** Dark; or the standing sign, which goes on after a thank-you or a refusal has been shown. */
  const stayAtRest = () => {
    resting = true;
    if (outOfOrder) timer = setTimeout(() => play([FLASH_MS]), FLASH_EVERY_MS - FLASH_MS);
  };

  return {
    async start() {
      try {
        line = await load();
        await line.open();
      } catch (error) {
        line = null;
        throw new DeviceError('lamp-failed', `the lamp does not work: ${messageOf(error)}`, error);
      }
    },
    thank: () => play([thanksMs]),
    refuse: () => play(Array.from({ length: BLINKS * 2 - 1 }, () => BLINK_MS)),
    setOutOfOrder(active) {
      if (active === outOfOrder) return;
      outOfOrder = active;
      if (!resting) return;
      clearTimeout(timer);
      if (active) play([FLASH_MS]);
    },
    setThanksMs(value) {
      thanksMs = value;
    },
    async stop() {
      plays += 1;
      clearTimeout(timer);
      await wanted;
      await line?.close().catch(() => {});
      line = null;
    },
  };
}
