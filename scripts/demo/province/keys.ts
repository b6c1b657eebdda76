/** The keys of whoever looks at the province. */
import type { ReadStream } from 'node:tty';

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';

export type KeyActs = {
  /** `1`, `2`, `3`. */
  vote(key: string): void;
  killGateway(letter: 'A' | 'B'): void;
  killPrimary(): void;
  startAgain(): void;
  end(): void;
};

/** @returns what gives the keyboard back */
export function readKeys(input: NodeJS.ReadableStream, acts: KeyActs): () => void {
  const tty = (input as Partial<ReadStream>).isTTY === true ? (input as ReadStream) : null;
  const act = (key: string) => {
    if ('123'.includes(key)) acts.vote(key);
    else if (key === 'a') acts.killGateway('A');
    else if (key === 'b') acts.killGateway('B');
    else if (key === 'p') acts.killPrimary();
    else if (key === 'r') acts.startAgain();
    else if (key === 'q' || (tty !== null && (key === CTRL_C || key === CTRL_D))) acts.end();
  };
  const onData = (chunk: Buffer | string) => {
    for (const key of chunk.toString().toLowerCase()) act(key);
  };
  // A line that is gone sends nothing more; the demo goes on without keys.
  const onError = () => {};
  tty?.setRawMode(true);
  input.on('data', onData).on('error', onError);
  input.resume();
  return () => {
    input.off('data', onData);
    input.pause();
    tty?.setRawMode(false);
  };
}
