import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSink } from '../../../protocol/process/sink.ts';
import { until } from '../../support/wait.ts';

let folder: string;
const open: number[] = [];
const keep = (fd: number) => {
  open.push(fd);
  return fd;
};
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manyi-sink-'));
});
afterEach(() => {
  for (const fd of open.splice(0)) closeSync(fd);
  rmSync(folder, { recursive: true, force: true });
});

const sayLost = (lines: number) => `lost ${lines}\n`;

function makePipe() {
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  const reader = keep(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
  const writer = keep(openSync(path, 'w'));
  let text = '';
  const readAll = () => {
    const chunk = Buffer.alloc(1 << 16);
    try {
      for (let length = readSync(reader, chunk); length > 0; length = readSync(reader, chunk))
        text += chunk.toString('utf8', 0, length);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
    return text;
  };
  return { path, writer, readAll };
}

describe('a sink', () => {
  it('writes at once, and in order', () => {
    const path = join(folder, 'log');
    const sink = createSink(keep(openSync(path, 'a')), { sayLost });
    for (let line = 0; line < 5; line++) sink.write(`line ${line}\n`);
    expect(readFileSync(path, 'utf8')).toBe('line 0\nline 1\nline 2\nline 3\nline 4\n');
    expect(sink.lost()).toBe(0);
  });

  it('in front of a pipe that nobody reads keeps a bounded amount, loses the rest, and says how much', async () => {
    const { writer, readAll } = makePipe();
    const sink = createSink(writer, { sayLost, maxWaitingBytes: 8_192 });
    const line = `${'x'.repeat(99)}\n`;
    const begun = performance.now();
    for (let n = 0; n < 2_000; n++) sink.write(line);
    expect(performance.now() - begun).toBeLessThan(2_000);
    const lost = sink.lost();
    // 64 KiB in the pipe, 8 KiB kept.
    expect(lost).toBeGreaterThan(2_000 - (65_536 + 8_192) / 100 - 2);
    expect(lost).toBeLessThan(2_000);
    await until('the line that says so', () => readAll().includes('lost '));
    sink.write('after\n');
    await until('the line after', () => readAll().endsWith('after\n'));
    const lines = readAll().split('\n').slice(0, -1);
    expect(lines.filter((one) => one === line.trimEnd())).toHaveLength(2_000 - lost);
    expect(lines.slice(-2)).toEqual([`lost ${lost}`, 'after']);
    expect(sink.lost()).toBe(lost);
  });

  it('into a pipe without a reader loses lines, throws nothing, and writes again when there is one', async () => {
    const { path, writer } = makePipe();
    const sink = createSink(writer, { sayLost });
    closeSync(open.shift() as number);
    for (let n = 0; n < 7; n++) sink.write('gone\n');
    expect(sink.lost()).toBe(7);
    const reader = keep(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
    sink.write('here\n');
    const chunk = Buffer.alloc(100);
    expect(chunk.toString('utf8', 0, readSync(reader, chunk))).toBe('lost 7\nhere\n');
  });

  it('without a word about losses says none', () => {
    const sink = createSink(keep(openSync('/dev/full', 'w')));
    sink.write('a\nb\n');
    expect(sink.lost()).toBe(2);
  });

  it('gives a slow reader a last chance at the end, and no more', () => {
    const { writer } = makePipe();
    const sink = createSink(writer, { sayLost });
    for (let n = 0; n < 1_000; n++) sink.write(`${'x'.repeat(99)}\n`);
    const begun = performance.now();
    sink.finish(100);
    expect(performance.now() - begun).toBeLessThan(2_000);
  });

  it('does not leave the flag of its own opening with those who share the descriptor', () => {
    const { writer } = makePipe();
    createSink(writer).write('x\n');
    const flags = /flags:\s+(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${writer}`, 'utf8'))?.[1] ?? '';
    expect(Number.parseInt(flags, 8) & constants.O_NONBLOCK).toBe(0);
  });
});
