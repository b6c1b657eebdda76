/**
 * Text to standard output, standard error or a log file, from a program that has more important things to do. A full disk,
 * a closed pipe, a reader that does not read cost lines and nothing else: `write` never throws, never waits, and keeps a
 * bounded amount. How many lines were lost is said in one line as soon as writing works again.
 */
import { constants, fstatSync, openSync, writeSync } from 'node:fs';

export type Sink = {
  /** Whole lines, with their newline. */
  write(lines: string): void;
  /** Lines lost since the start. */
  lost(): number;
  /** The last chance for what waits for a slow reader. Blocks, `forMs` at most: for the end of the process. */
  finish(forMs?: number): void;
};

export type SinkOptions = {
  /** The line, with its newline, that says how many were lost. Without it nothing is said: a screen needs no such line. */
  sayLost?: (lines: number) => string;
  /** What is kept for a slow reader; what comes on top of it is lost. */
  maxWaitingBytes?: number;
};

const MAX_WAITING_BYTES = 1 << 20;
/** A pipe takes 64 KiB each time: 3 MB a second. */
const RETRY_FULL_MS = 20;
/** A program that has nothing more to say must still say what it lost. */
const RETRY_FAILED_MS = 1_000;
const FINISH_MS = 500;

/** `says`: it is the line that tells of so many lost ones. */
type Piece = { bytes: Buffer; lines: number; says: number; begun: boolean };

export function createSink(fd: number, options: SinkOptions = {}): Sink {
  const { sayLost, maxWaitingBytes = MAX_WAITING_BYTES } = options;
  const target = neverWaiting(fd);
  let waiting: Piece[] = [];
  let waitingBytes = 0;
  let lost = 0;
  /** Of the lost lines, those that a line tells of, written or waiting. */
  let said = 0;
  /** What was written last is the beginning of a line whose rest is lost. */
  let isCut = false;
  let isTryingAgain = false;

  const push = (text: string, lines: number, says: number) => {
    const bytes = Buffer.from(text);
    waiting.push({ bytes, lines, says, begun: false });
    waitingBytes += bytes.length;
  };
  const sayWhatWasLost = () => {
    const untold = lost - said;
    if (untold === 0 || sayLost === undefined) return;
    said = lost;
    push(sayLost(untold), 0, untold);
  };
  const loseWaiting = () => {
    isCut ||= waiting[0]?.begun === true;
    for (const { lines, says } of waiting) {
      lost += lines;
      said -= says;
    }
    waiting = [];
    waitingBytes = 0;
  };

  /** @returns whether all is written. */
  const drain = (): boolean => {
    for (let first = waiting[0]; first !== undefined; first = waiting[0]) {
      try {
        if (isCut) writeSync(target, '\n');
        isCut = false;
        const written = writeSync(target, first.bytes);
        waitingBytes -= written;
        first.begun = true;
        first.bytes = first.bytes.subarray(written);
        if (first.bytes.length === 0) waiting.shift();
      } catch (error) {
        const isFull = (error as NodeJS.ErrnoException).code === 'EAGAIN';
        if (!isFull) loseWaiting();
        tryAgainIn(isFull ? RETRY_FULL_MS : RETRY_FAILED_MS);
        return false;
      }
    }
    return true;
  };
  const tryAgainIn = (ms: number) => {
    if (isTryingAgain) return;
    isTryingAgain = true;
    setTimeout(() => {
      isTryingAgain = false;
      if (!drain()) return;
      sayWhatWasLost();
      drain();
    }, ms).unref();
  };

  return {
    write(text) {
      const lines = text.split('\n').length - 1;
      // Once lines are lost, half the room must be free again: else every other line would be one about lost lines.
      const room = lost > said ? maxWaitingBytes / 2 : maxWaitingBytes;
      if (waitingBytes + Buffer.byteLength(text) > room) {
        lost += lines;
        return;
      }
      const wasWaiting = waiting.length > 0;
      sayWhatWasLost();
      push(text, lines, 0);
      // What a full pipe does not take now, it does not take a line later: the timer tries.
      if (!wasWaiting) drain();
    },
    lost: () => lost,
    finish(forMs = FINISH_MS) {
      const pause = new Int32Array(new SharedArrayBuffer(4));
      for (let left = forMs; !drain() && waiting.length > 0 && left > 0; left -= RETRY_FULL_MS)
        Atomics.wait(pause, 0, 0, RETRY_FULL_MS);
    },
  };
}

/**
 * The descriptor, or another of the same file, on which a full pipe and a stopped screen give EAGAIN where a write would wait.
 * Opened anew where that goes (proc(5)): the flag of an inherited one would hold for all who share it.
 */
function neverWaiting(fd: number): number {
  const kind = fstatSync(fd);
  if (kind.isFIFO() || kind.isCharacterDevice()) {
    try {
      return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    } catch {
      // A pipe of another user, or one that nobody has open for reading.
    }
  }
  // Node sets the flag when it makes its stream of a pipe or a socket (uv_pipe_open).
  if (fd === 1) void process.stdout;
  if (fd === 2) void process.stderr;
  return fd;
}
