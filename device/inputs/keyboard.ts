/**
 * Keys 1, 2, 3 on the process's own standard input: for a desk, a demonstration, a test. A terminal line gives characters,
 * not key-down and key-up, so each key is played as a press and a release, one after the other. The same key within
 * REPEAT_MS on a TTY is a key held down: it lengthens the press instead of making new ones.
 */
import type { ReadStream } from 'node:tty';
import { DeviceError } from '../errors.ts';
import type { ButtonIndex, InputDriver } from './input.ts';

/** Longer than the press machine's 30 ms, for the press and for the release after it. */
const HOLD_MS = 45;
const REPEAT_MS = 100;
/** Nobody types two keys between two reads: they have piled up while the board was busy (a slow fsync), or are held down. */
const PILED_UP_MS = 1_000;
const QUEUE_LIMIT = 256;
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';

export type KeyboardOptions = {
  stream: NodeJS.ReadableStream;
  monoMs: () => number;
  /** Raw mode takes Ctrl-C from the TTY driver; this gives it back. */
  onInterrupt: () => void;
};

export function createKeyboard({ stream, monoMs, onInterrupt }: KeyboardOptions): InputDriver {
  const tty = (stream as Partial<ReadStream>).isTTY === true ? (stream as ReadStream) : null;
  let stop = async () => {};

  return {
    name: 'keyboard',
    async start(onEdge, onFault) {
      const queue: ButtonIndex[] = [];
      let timer: NodeJS.Timeout | undefined;
      let held: { button: ButtonIndex; untilMs: number } | null = null;
      /** The last character of a TTY: what a machine that was busy reads late, it reads at once. */
      let lastKey: { button: number; atMs: number } | null = null;

      const playNext = () => {
        timer = undefined;
        const button = queue.shift();
        if (queue.length < QUEUE_LIMIT / 2 && stream.isPaused()) stream.resume();
        if (button === undefined) return;
        held = { button, untilMs: monoMs() + HOLD_MS };
        onEdge({ button, pressed: true, monoMs: monoMs() });
        timer = setTimeout(release, HOLD_MS);
      };
      const release = () => {
        const leftMs = held === null ? 0 : held.untilMs - monoMs();
        if (leftMs > 0) {
          timer = setTimeout(release, leftMs);
          return;
        }
        if (held !== null) onEdge({ button: held.button, pressed: false, monoMs: monoMs() });
        held = null;
        timer = setTimeout(playNext, HOLD_MS);
      };
      const onData = (chunk: string | Buffer) => {
        const keys = chunk.toString();
        const repeatMs = keys.length > 1 ? PILED_UP_MS : REPEAT_MS;
        for (const key of keys) {
          if (tty !== null && (key === CTRL_C || key === CTRL_D)) {
            onInterrupt();
            continue;
          }
          const button = '123'.indexOf(key);
          if (key === '' || button < 0) continue;
          const atMs = monoMs();
          const isRepeat = tty !== null && lastKey?.button === button && atMs - lastKey.atMs < repeatMs;
          lastKey = { button, atMs };
          if (isRepeat || (tty !== null && held?.button === button && queue.length === 0)) {
            if (held?.button === button) held.untilMs = atMs + REPEAT_MS;
            continue;
          }
          queue.push(button as ButtonIndex);
        }
        if (queue.length >= QUEUE_LIMIT) stream.pause();
        timer ??= setTimeout(playNext, 0);
      };
      const onError = (error: Error) =>
        onFault({ code: 'keyboard-lost', message: `standard input: ${error.message}`, active: true });

      if ((stream as Partial<ReadStream>).readable === false)
        throw new DeviceError('keyboard-missing', 'standard input is closed');
      tty?.setRawMode(true);
      stream.on('data', onData).on('error', onError);
      stream.resume();
      stop = async () => {
        clearTimeout(timer);
        stream.off('data', onData).off('error', onError);
        stream.pause();
        tty?.setRawMode(false);
        stop = async () => {};
      };
    },
    stop: () => stop(),
  };
}
