/** The gateway's clock is wrong and the terminals' are right, or the other way round: no thanked press is lost, and all is said. */
import { afterEach, describe, expect, it } from 'vitest';
import { createFakeClock, FAKETIME, type FakeClock } from '../support/fake-clock.ts';
import { acked, type JournalRig, keys, startJournalRig } from '../support/journal-rig.ts';
import { have, type Requirement, succeeds } from '../support/prerequisites.ts';
import { expectStoredEqualsThanked, storedVotes } from '../support/recount.ts';
import { until } from '../support/wait.ts';

const HOUR_MS = 3_600_000;
const TOLERANCE_MS = 10_000;

const MOUNT_NAMESPACES: Requirement = {
  name: 'the right to make mount namespaces',
  howToGetIt: 'run the tests as root (in a container: with CAP_SYS_ADMIN)',
  isThere: () => succeeds('unshare', ['-m', 'true']),
};

/** What the terminal runs under: a board whose system says that its clock is synchronised. */
const SYNCHRONISED = [
  ...['unshare', '-m', '--kill-child=SIGKILL', '--fork', 'sh', '-c'],
  'mount -t tmpfs none /run && mkdir -p /run/systemd/timesync && touch /run/systemd/timesync/synchronized && exec "$@"',
  'sh',
];

let rig: JournalRig | null = null;
const clocks: FakeClock[] = [];
afterEach(async () => {
  await rig?.dispose();
  rig = null;
  for (const clock of clocks.splice(0)) clock.dispose();
});
const clockAt = (offsetMs: number) => {
  const clock = createFakeClock(offsetMs);
  clocks.push(clock);
  return clock;
};

describe.runIf(have(FAKETIME) && have(MOUNT_NAMESPACES))('a clock that is wrong', () => {
  it.each([
    ['an hour slow', -HOUR_MS],
    ['eight hours fast', 8 * HOUR_MS],
  ])(
    'at the gateway, %s: every thanked press is a vote, placed by the gateway, and marked',
    async (_, offsetMs) => {
      const clock = clockAt(offsetMs);
      rig = await startJournalRig({ env: clock.env });
      const { gateway } = rig;
      const terminals = [];
      for (let number = 0; number < 3; number++) {
        const terminal = await rig.terminal({ command: SYNCHRONISED });
        await terminal.start();
        terminals.push(terminal);
        // One pressed before it ever heard the gateway, and some with it.
        await terminal.press('1');
      }
      for (const terminal of terminals) {
        await until('the gateway', () => terminal.isConnected());
        for (const key of keys('231')) await terminal.press(key);
        await acked(terminal, 4);
      }
      await expectStoredEqualsThanked(gateway, terminals);
      for (const { login } of terminals) {
        const votes = storedVotes(gateway.dataDir).filter(({ terminal }) => terminal === login.id);
        for (const { at } of votes) expect(Math.abs(at - (Date.now() + offsetMs))).toBeLessThan(60_000);
        expect(rig.quarantined(login)).toEqual([]);
      }
      const marked = await gateway.getJson<{ claimedAt: number | null }[]>(
        `/api/v1/votes?from=0&to=${Date.now() + 24 * HOUR_MS}`,
      );
      expect(marked).toHaveLength(12);
      for (const { claimedAt } of marked)
        expect(Math.abs((claimedAt as number) - Date.now())).toBeLessThan(60_000);
      // The alarm at both ends; when all say the same, it is the gateway's own clock.
      await until(
        'the terminals to say so',
        async () => (await rig?.metric('manyi_terminal_clocks_apart')) === 3,
      );
      const behindS = await rig.metric('manyi_gateway_clock_behind_seconds');
      expect(Math.abs(behindS * 1_000 + offsetMs)).toBeLessThan(TOLERANCE_MS);
      expect(gateway.log()).toContain('"code":"gateway-clock-doubted"');
      for (const terminal of terminals)
        await until('the alarm at the terminal', () =>
          terminal.lines().some(({ code }) => code === 'clocks-disagree'),
        );
      const hall = (await gateway.scores('7d')).find(({ id }) => id === 'hall');
      expect(hall).toMatchObject({ votes: 12, terminals: { clockApart: 3 } });
    },
  );

  it('at a terminal: its votes count where the gateway says, and only its own window speaks of it', async () => {
    rig = await startJournalRig();
    const clock = clockAt(-26 * HOUR_MS);
    const wrong = await rig.terminal({ command: SYNCHRONISED, env: clock.env });
    const right = await rig.terminal({ command: SYNCHRONISED });
    for (const terminal of [wrong, right]) {
      await terminal.start();
      await until('the gateway', () => terminal.isConnected());
      for (const key of keys('123')) await terminal.press(key);
      await acked(terminal, 3);
    }
    await expectStoredEqualsThanked(rig.gateway, [wrong, right]);
    for (const { at } of storedVotes(rig.gateway.dataDir))
      expect(Math.abs(at - Date.now())).toBeLessThan(60_000);
    const scores = await rig.gateway.scores();
    const row = (windowId: string) => scores.find(({ id }) => id === windowId);
    expect(row(wrong.login.windowId)).toMatchObject({ votes: 3, terminals: { clockApart: 1 } });
    expect(row(right.login.windowId)).toMatchObject({ votes: 3, terminals: { clockApart: 0 } });
    expect(rig.gateway.log()).not.toContain('gateway-clock-doubted');
  });
});
