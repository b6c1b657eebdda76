/** A card without room, and a card that does not keep what it was given: nobody is thanked, everybody is told, nothing is lost. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failIo, STRACE } from '../support/io-errors.ts';
import { type JournalRig, keys, startJournalRig } from '../support/journal-rig.ts';
import { have } from '../support/prerequisites.ts';
import { expectStoredEqualsThanked } from '../support/recount.ts';
import { MOUNTS, mountSmallDisk } from '../support/small-disk.ts';
import type { TerminalProcess } from '../support/terminal-process.ts';
import { until } from '../support/wait.ts';

let rig: JournalRig;
beforeAll(async () => {
  rig = await startJournalRig();
});
afterAll(() => rig.dispose());

const said = (terminal: TerminalProcess, code: string) => terminal.lines().some((line) => line.code === code);
const isRaised = (terminal: TerminalProcess, fault: string) =>
  rig.gateway
    .log()
    .split('\n')
    .some((line) => line.includes(`"${terminal.login.id}"`) && line.includes(`"fault":"${fault}"`));
const unable = () => rig.metric('manyi_terminals_unable');

describe.runIf(have(MOUNTS))('a full disk', () => {
  it('is noticed before the next press, told to the gateway, and over by itself when there is room', async () => {
    const disk = mountSmallDisk(2_048);
    try {
      const terminal = await rig.terminal({ folder: disk.path });
      await terminal.start();
      await terminal.pressMany(keys('123123'));
      disk.fill();
      // What is left of the write-ahead log takes some more presses; then the terminal says so without one.
      await until(
        'a press in vain, or the sign before it',
        async () => {
          if (said(terminal, 'disk-full')) return true;
          await terminal.pressMany(['1']);
          return false;
        },
        { timeoutMs: 60_000, everyMs: 200 },
      );
      await until(
        'the gateway to know',
        async () => isRaised(terminal, 'disk-full') && (await unable()) === 1,
      );
      for (const key of keys('321')) await terminal.pressInVain(key);
      disk.free();
      await until('the fault to be over', async () => (await unable()) === 0, { timeoutMs: 30_000 });
      await terminal.pressMany(keys('123'));
      await expectStoredEqualsThanked(rig.gateway, [terminal]);
      expect(terminal.refused()).toBeGreaterThanOrEqual(3);
      await terminal.end();
    } finally {
      disk.dispose();
    }
  });

  it('keeps no terminal from starting: what it has is sent, and it votes again when there is room', async () => {
    const disk = mountSmallDisk(2_048);
    try {
      const terminal = await rig.terminal({ folder: disk.path });
      await rig.gateway.stop();
      await terminal.start();
      await terminal.pressMany(keys('112233'));
      await terminal.end('SIGKILL');
      disk.fill();
      await rig.gateway.start();
      await terminal.start();
      expect(said(terminal, 'disk-full')).toBe(true);
      await terminal.pressInVain('1');
      await expectStoredEqualsThanked(rig.gateway, [terminal]);
      await until('the gateway to know', () => isRaised(terminal, 'disk-full'));
      disk.free();
      await until('the fault to be over', async () => (await unable()) === 0, { timeoutMs: 30_000 });
      await terminal.press('2');
      await expectStoredEqualsThanked(rig.gateway, [terminal]);
      expect(new Set(rig.votesOf(terminal.login).map(({ epoch }) => epoch)).size).toBe(1);
      await terminal.end();
    } finally {
      disk.dispose();
    }
  });

  it('without a journal yet: the terminal is there, says so, and begins one when there is room', async () => {
    const disk = mountSmallDisk(2_048);
    try {
      mkdirSync(join(disk.path, 'card'));
      disk.fill();
      const terminal = await rig.terminal({ folder: join(disk.path, 'card') });
      await terminal.start();
      await terminal.pressInVain('3');
      await until('the gateway to know', () => isRaised(terminal, 'disk-full'));
      disk.free();
      await until('the fault to be over', async () => (await unable()) === 0, { timeoutMs: 30_000 });
      await terminal.pressMany(keys('123'));
      await expectStoredEqualsThanked(rig.gateway, [terminal]);
      await terminal.end();
    } finally {
      disk.dispose();
    }
  });
});

describe.runIf(have(STRACE))('an fsync that fails', () => {
  it('thanks nobody, is told, does not come to life after kill -9, and is over by itself', async () => {
    const terminal = await rig.terminal();
    await terminal.start();
    await terminal.pressMany(keys('1231'));
    const errors = await failIo(terminal.pid());
    for (const key of keys('123')) await terminal.pressInVain(key);
    expect(errors.failures()).toBeGreaterThan(0);
    await until('the gateway to know', async () => (await unable()) === 1, { timeoutMs: 30_000 });
    await errors.heal();
    await until('the fault to be over', async () => (await unable()) === 0, { timeoutMs: 30_000 });
    await terminal.end('SIGKILL');
    await terminal.start();
    await terminal.press('2');
    const tally = await expectStoredEqualsThanked(rig.gateway, [terminal]);
    expect(tally).toEqual({ thanked: 5, stored: 5, cutOff: 0 });
    await terminal.end();
  });
});
