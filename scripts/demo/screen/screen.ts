/** What the demo says to the person who runs it. */

import { DISTRICT, UNITS, WINDOWS } from '../citizens/district.ts';
import type { Tally } from '../citizens/fleet.ts';
import type { DemoOptions } from '../demo-args.ts';
import type { SignIn } from '../home/sign-in.ts';

/** Columns that the addresses need beside what they are for. */
const WIDE = 110;

const say = (text: string) => process.stdout.write(`${text}\n`);

/** A line that is rewritten on a terminal and repeated now and then elsewhere. */
export function createProgress(title: string): { at(done: number, all: number): void; end(): void } {
  const tty = process.stdout.isTTY === true;
  let lastTenth = -1;
  let shown = false;
  return {
    at(done, all) {
      const tenth = Math.floor((done / all) * 5);
      if (!tty && tenth === lastTenth) return;
      lastTenth = tenth;
      shown = true;
      const line = `· ${title} ${done}/${all}`;
      // What has wrapped on a narrow terminal could not be written over.
      const room = Math.max(1, (process.stdout.columns ?? 80) - 1);
      process.stdout.write(tty ? `\r\x1b[K${line.slice(0, room)}` : `${line}\n`);
    },
    end() {
      if (shown) process.stdout.write(tty ? `\r\x1b[K✓ ${title}\n` : `✓ ${title}\n`);
    },
  };
}

export function showStep(title: string): void {
  say(`· ${title} …`);
}

export function showRunning(
  options: DemoOptions,
  httpPort: number,
  simulated: number,
  { name, password, wallToken }: SignIn,
): void {
  const address = `http://127.0.0.1:${httpPort}`;
  const first = WINDOWS[0]!;
  // An address must come out of a narrow terminal whole: alone on its line, only its end wraps.
  const under = (process.stdout.columns ?? WIDE) < WIDE ? '\n' : '';
  const keyboard = [
    `  这个键盘就是窗口终端 This keyboard is the terminal at ${first.unit.name} · ${first.name}:`,
    '',
    '      1 满意 satisfied     2 基本满意 basically satisfied     3 不满意 unsatisfied',
    '      五秒内再按不另计，所按均保留 Within 5 seconds one counts; all are kept',
    '',
  ];
  say(
    [
      '',
      '  满意 Manyi: the demo is running 演示已启动',
      '',
      `      大屏 The wall    ${under}${address}/wall/#token=${wallToken}`,
      `      登录 Sign in     ${under}${name}  ${password}`,
      `      接口 The API     ${under}${address}/api/docs (signed in)`,
      '',
      `  ${DISTRICT.name}: ${UNITS.length} units, ${WINDOWS.length} windows, ${simulated} simulated terminals, about ${options.rate} votes a second.`,
      ...(options.keyboard ? keyboard : []),
      `  Ctrl-C 结束 ends everything. Data and logs: ${options.dataDir}`,
      '',
    ].join('\n'),
  );
}

export function showEnding(): void {
  say('\n· Ending: what is on its way arrives first. Ctrl-C again ends at once. 正在结束 …');
}

export function showEnd({ thanked, acked }: Tally): void {
  const left = thanked - acked;
  const fate =
    left === 0
      ? 'all of them are stored'
      : `${acked} are stored, ${left} wait in their journals for the next start`;
  say(`✓ Ended. The simulated terminals have thanked for ${thanked} votes so far: ${fate}.`);
}

export function complain(code: string, message: string): void {
  process.stderr.write(`\n${code}: ${message}\n`);
}
