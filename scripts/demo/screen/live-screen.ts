/** Lines that stay where they are and are rewritten, below lines that come and go: on a terminal. Elsewhere, lines. */
import type { WriteStream } from 'node:tty';
import { flow, wrap } from './columns.ts';

export type Board = {
  /** Each with its cells. */
  rows: readonly (readonly string[])[];
  /** What is said of it where it cannot be rewritten: again whenever it is another one. */
  digest: string;
};

export type LiveScreen = {
  /** One more line of the story. */
  tell(line: string): void;
  show(board: Board): void;
  /** What is shown stays; lines go on below it. */
  freeze(): void;
};

const GAP = '    ';

export function createLiveScreen(out: Pick<WriteStream, 'write' | 'isTTY' | 'columns'>): LiveScreen {
  const tty = out.isTTY === true;
  let board: Board | null = null;
  let drawn = 0;
  let isFrozen = false;

  const erase = () => (drawn === 0 ? '' : `\x1b[${drawn}A\r\x1b[J`);
  const room = () => Math.max(20, (out.columns ?? 80) - 1);
  const draw = (before: string) => {
    const columns = room();
    const rows = board?.rows.flatMap((cells) => flow(cells, columns - 2, GAP)) ?? [];
    const lines = rows.map((line) => `  ${line}\n`);
    out.write(`${erase()}${before}${lines.length > 0 ? '\n' : ''}${lines.join('')}`);
    drawn = lines.length > 0 ? lines.length + 1 : 0;
  };

  return {
    tell(line) {
      const text = tty ? wrap(line, room()).join('\n') : line;
      if (tty && !isFrozen) draw(`${text}\n`);
      else out.write(`${text}\n`);
    },
    show(next) {
      if (isFrozen) return;
      const isNew = next.digest !== board?.digest;
      board = next;
      if (tty) draw('');
      else if (isNew) out.write(`  ${next.digest}\n`);
    },
    freeze() {
      isFrozen = true;
    },
  };
}
