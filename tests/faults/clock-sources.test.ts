/** Somebody says the wrong time: a forged NTP answer at a terminal, or a gateway. No vote is lost, and both ends raise it. */
import { describe, expect, it } from 'vitest';
import { CLOCKS } from '../../protocol/vote.ts';
import { createFakeClock, FAKETIME, type FakeClock } from '../support/fake-clock.ts';
import { type JournalRig, keys, startJournalRig } from '../support/journal-rig.ts';
import { createOwnNtp, MOUNT_NAMESPACES, type OwnNtp } from '../support/own-ntp.ts';
import { have } from '../support/prerequisites.ts';
import { expectScoresEqualRecount, expectStoredEqualsThanked } from '../support/recount.ts';
import type { TerminalProcess } from '../support/terminal-process.ts';
import { until } from '../support/wait.ts';

const HOUR_MS = 3_600_000;
const TOLERANCE_MS = 10_000;
/** The board's clock is looked at every 30 s. */
const A_LOOK = { timeoutMs: 50_000 };

type Board = { rig: JournalRig; clock: FakeClock; ntp: OwnNtp; terminal: TerminalProcess };

async function onBoard(aheadMs: number, act: (board: Board) => Promise<void>): Promise<void> {
  const [clock, ntp] = [createFakeClock(aheadMs), createOwnNtp()];
  const rig = await startJournalRig();
  try {
    const terminal = await rig.terminal({ env: clock.env, command: ntp.command });
    await act({ rig, clock, ntp, terminal });
  } finally {
    await rig.dispose();
    clock.dispose();
    ntp.dispose();
  }
}
const isTold = (terminal: TerminalProcess) => terminal.lines().some(({ code }) => code === 'clocks-disagree');
const apart = (rig: JournalRig) => rig.metric('manyi_terminal_clocks_apart');

// At once, because they wait for the board's looks.
describe.runIf(have(FAKETIME, MOUNT_NAMESPACES)).concurrent('an NTP answer that is an hour off', () => {
  it.each([
    ['ahead', HOUR_MS],
    ['behind', -HOUR_MS],
  ])('(%s) does not date a vote once the gateway has said what time it is', (_way, off) =>
    onBoard(off, async ({ rig, clock, ntp, terminal }) => {
      await terminal.start();
      await terminal.pressMany(keys('1'));
      await expectStoredEqualsThanked(rig.gateway, [terminal]);
      ntp.synchronise();
      await until('the terminal to tell', () => isTold(terminal), A_LOOK);
      await until('the gateway to know', async () => (await apart(rig)) === 1);
      expect(rig.gateway.log()).toContain('"clocks-disagree"');
      await terminal.pressMany(keys('231'));
      await expectStoredEqualsThanked(rig.gateway, [terminal]);
      for (const vote of rig.votesOf(terminal.login)) {
        expect(Math.abs(vote.at - Date.now())).toBeLessThan(60_000 + TOLERANCE_MS);
        expect(vote.clock).toBe(CLOCKS.indexOf('gateway'));
      }
      await expectScoresEqualRecount(rig.gateway);
      clock.setOffsetMs(0);
      await until('the alarm to be over', async () => (await apart(rig)) === 0, A_LOOK);
      await terminal.press('2');
      await expectStoredEqualsThanked(rig.gateway, [terminal]);
      expect(rig.quarantined(terminal.login)).toEqual([]);
    }),
  );

  it('that came first dates on, and the disagreement is an alarm at both ends', () =>
    onBoard(HOUR_MS, async ({ rig, ntp, terminal }) => {
      ntp.synchronise();
      await terminal.start();
      await terminal.pressMany(keys('12'));
      await until('the terminal to tell', () => isTold(terminal));
      await until('the gateway to know', async () => (await apart(rig)) === 1);
      await terminal.pressMany(keys('31'));
      await expectStoredEqualsThanked(rig.gateway, [terminal]);
      expect(rig.quarantined(terminal.login)).toEqual([]);
      // The gateway places by its own clock what cannot be.
      for (const { at } of rig.votesOf(terminal.login)) expect(at).toBeLessThan(Date.now() + TOLERANCE_MS);
      await expectScoresEqualRecount(rig.gateway);
    }));
});
