/** All inputs of a terminal. One that cannot start is tried again: a chip may appear late, a package may be installed. */
import { type Backoff, createBackoff } from '../backoff.ts';
import type { Faults } from '../board/faults.ts';
import { codeOf, messageOf } from '../errors.ts';
import type { PressEvent } from '../press/press.ts';
import { createPressRunner, type PressRunner } from '../press/press-runner.ts';
import { BLIND, type InputDriver, type InputName } from './input.ts';
import { type InputContext, loadInput } from './registry.ts';

export type InputSet = {
  /** Resolves when each was tried once. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Which of them see presses now. */
  seeing(): Record<string, boolean>;
};

export type InputSetOptions = {
  names: readonly InputName[];
  context: InputContext;
  faults: Faults;
  onEvent: (source: InputName, event: PressEvent) => void;
  /** When the last of them runs. */
  onReady: () => void;
};

const RETRY = { baseMs: 5_000, capMs: 60_000, floorMs: 2_000 };
const START_FAILED = 'start-failed';

export function createInputSet({ names, context, faults, onEvent, onReady }: InputSetOptions): InputSet {
  const running = new Map<InputName, { driver: InputDriver; runner: PressRunner }>();
  const timers = new Map<InputName, NodeJS.Timeout>();
  let stopped = false;

  const begin = async (name: InputName) => {
    const driver = await loadInput(name, context);
    const runner = createPressRunner(context.monoMs, (event) => onEvent(name, event));
    await driver.start(runner.take, (fault) => faults.set(name, fault));
    if (stopped) return await driver.stop();
    running.set(name, { driver, runner });
    faults.set(name, { code: START_FAILED, message: '', active: false });
    if (running.size === names.length) onReady();
  };

  const attempt = async (name: InputName, backoff: Backoff) => {
    try {
      await begin(name);
    } catch (error) {
      if (stopped) return;
      const message = `${codeOf(error)}: ${messageOf(error)}`;
      faults.set(name, { code: START_FAILED, message, active: true });
      timers.set(
        name,
        setTimeout(() => void attempt(name, backoff), backoff.nextMs()),
      );
    }
  };

  return {
    async start() {
      if (names.length === 0) onReady();
      for (const name of names) await attempt(name, createBackoff(RETRY));
    },
    async stop() {
      stopped = true;
      for (const timer of timers.values()) clearTimeout(timer);
      for (const { driver, runner } of running.values()) {
        runner.stop();
        await driver.stop();
      }
      running.clear();
    },
    seeing() {
      const known = faults.list();
      const sees = (name: InputName) =>
        running.has(name) && !known[name]?.some((code) => BLIND.includes(code));
      return Object.fromEntries(names.map((name) => [name, sees(name)]));
    },
  };
}
