/** One line that is written over, for people only. */
export type Progress = { show(part: number): void; end(): void };

export function createProgress(what: string): Progress {
  let shown = false;
  return {
    show(part) {
      if (!process.stderr.isTTY) return;
      shown = true;
      process.stderr.write(`\r${what}: ${Math.round(part * 100)} %`);
    },
    end() {
      if (shown) process.stderr.write('\r\x1b[K');
      shown = false;
    },
  };
}
