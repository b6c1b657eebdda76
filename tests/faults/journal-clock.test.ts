/** A board's clock is wrong, jumps, or is not there: votes are dated when they were pressed, or said to be estimated. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLOCKS } from '../../protocol/vote.ts';
import { createFakeClock, FAKETIME, type FakeClock } from '../support/fake-clock.ts';
import { type JournalRig, keys, startJournalRig } from '../support/journal-rig.ts';
import { bootAnew, TIME_NAMESPACES } from '../support/other-boot.ts';
import { have } from '../support/prerequisites.ts';
import { expectStoredEqualsThanked } from '../support/recount.ts';
import type { Key, TerminalProcess } from '../support/terminal-process.ts';
import { until } from '../support/wait.ts';

const DAY_MS = 86_400_000;
const SYNCED = CLOCKS.indexOf('gateway');
const ESTIMATED = CLOCKS.indexOf('estimated');
/** What a loaded machine may be late by, and how far an ack's time is off. */
const TOLERANCE_MS = 5_000;

let rig: JournalRig;
const clocks: FakeClock[] = [];
beforeAll(async () => {
  rig = await startJournalRig();
});
afterAll(async () => {
  await rig.dispose();
  for (const clock of clocks) clock.dispose();
});

const fakeClock = (at: number) => {
  const clock = createFakeClock(at - Date.now());
  clocks.push(clock);
  return clock;
};
/** When each press was thanked, on the clock on the wall of this test. */
async function pressAndNote(terminal: TerminalProcess, pressed: readonly Key[]): Promise<number[]> {
  const at: number[] = [];
  for (const key of pressed) {
    await terminal.press(key);
    at.push(Date.now());
  }
  return at;
}
const expectDates = (terminal: TerminalProcess, pressedAt: number[], toleranceMs = TOLERANCE_MS) => {
  const votes = rig.votesOf(terminal.login);
  expect(votes).toHaveLength(pressedAt.length);
  for (const [i, { seq, at }] of votes.entries())
    expect(Math.abs(at - (pressedAt[i] as number)), `vote ${seq} is off by (ms)`).toBeLessThan(toleranceMs);
  return votes;
};

describe.runIf(have(FAKETIME))('a wall clock that jumps', () => {
  it('while the terminal runs, forward and back, moves no vote', async () => {
    const clock = fakeClock(Date.now());
    const terminal = await rig.terminal({ env: clock.env });
    await terminal.start();
    await until('the gateway', () => terminal.isConnected());
    const pressedAt: number[] = [];
    for (const offset of [0, 400 * DAY_MS, -3 * DAY_MS, -20_000 * DAY_MS, 3_600_000, 0]) {
      clock.setOffsetMs(offset);
      pressedAt.push(...(await pressAndNote(terminal, keys('12'))));
    }
    await expectStoredEqualsThanked(rig.gateway, [terminal]);
    expectDates(terminal, pressedAt);
    expect(rig.quarantined(terminal.login)).toEqual([]);
    await terminal.end();
  });

  it.each([
    ['1970', 5_000],
    ['2099', Date.UTC(2099, 0, 1)],
  ])(
    'and shows %s at power-on: presses before the first sync get the right date with it',
    async (_year, at) => {
      await rig.gateway.stop();
      const terminal = await rig.terminal({ env: fakeClock(at).env });
      await terminal.start();
      const pressedAt = await pressAndNote(terminal, keys('123'));
      await rig.gateway.start();
      await expectStoredEqualsThanked(rig.gateway, [terminal]);
      for (const { clock } of expectDates(terminal, pressedAt)) expect(clock).toBe(SYNCED);
      await terminal.end();
    },
  );

  it('is no help after a restart within the boot, nor needed: the anchor is on the card', async () => {
    const clock = fakeClock(Date.now());
    const terminal = await rig.terminal({ env: clock.env });
    await terminal.start();
    const pressedAt = await pressAndNote(terminal, keys('1'));
    await expectStoredEqualsThanked(rig.gateway, [terminal]);
    await terminal.end('SIGKILL');
    await rig.gateway.stop();
    clock.setMs(5_000);
    await terminal.start();
    pressedAt.push(...(await pressAndNote(terminal, keys('23'))));
    await terminal.end('SIGKILL');
    await rig.gateway.start();
    await terminal.start();
    await expectStoredEqualsThanked(rig.gateway, [terminal]);
    expectDates(terminal, pressedAt);
    await terminal.end();
  });
});

describe.runIf(have(FAKETIME, TIME_NAMESPACES))('a boot that never knew the time', () => {
  it.each([
    ['1970', 5_000],
    ['2099', Date.UTC(2099, 0, 1)],
  ])(
    'and showed %s: its votes are put before the next boot, in order, and marked as estimated',
    async (_year, at) => {
      await rig.gateway.stop();
      const began = Date.now();
      const login = await rig.login();
      const boots: TerminalProcess[] = [];
      const pressedAt: number[] = [];
      for (const [n, pressed] of ['12', '3', '21'].entries()) {
        if (n === 2) await rig.gateway.start();
        const terminal = await rig.terminal({
          login,
          env: fakeClock(at).env,
          command: bootAnew(rig.folder),
        });
        boots.push(terminal);
        await terminal.start();
        pressedAt.push(...(await pressAndNote(terminal, keys(pressed))));
        if (n < 2) await terminal.end('SIGKILL');
      }
      const all = {
        login,
        thanked: () => boots.reduce((sum, boot) => sum + boot.thanked(), 0),
        cutOff: () => 0,
      };
      await expectStoredEqualsThanked(rig.gateway, [all]);
      const last = boots.at(-1) as TerminalProcess;
      const votes = expectDates(last, pressedAt, Date.now() - began);
      expect(votes.map(({ clock }) => clock)).toEqual([ESTIMATED, ESTIMATED, ESTIMATED, SYNCED, SYNCED]);
      const dates = votes.map((vote) => vote.at);
      expect(dates).toEqual(dates.toSorted((a, b) => a - b));
      expect(Math.max(...dates)).toBeLessThanOrEqual(Date.now());
      expect(rig.quarantined(login)).toEqual([]);
      await last.end('SIGKILL');
    },
  );
});
