/** Two cards with one journal: the gateway finds out, the terminals part, and every vote that was never sent is stored once. */
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JournalRig, keys, startJournalRig } from '../support/journal-rig.ts';
import { expectStoredEqualsThanked } from '../support/recount.ts';
import type { TerminalProcess } from '../support/terminal-process.ts';
import { until } from '../support/wait.ts';

let rig: JournalRig;
beforeAll(async () => {
  rig = await startJournalRig();
});
afterAll(() => rig.dispose());

/** A terminal that has sent `count` votes and was stopped, and one with a copy of its card. */
async function makeClone(presses: string): Promise<[TerminalProcess, TerminalProcess]> {
  const original = await rig.terminal();
  await original.start();
  await original.pressMany(keys(presses));
  await expectStoredEqualsThanked(rig.gateway, [original]);
  await original.end();
  const journal = join(rig.folder, `${original.login.id}-copy.db`);
  copyFileSync(original.journalPath, journal);
  const copy = await rig.terminal({ login: original.login, env: { MANYI_JOURNAL: journal } });
  return [original, copy];
}
const both = (original: TerminalProcess, copy: TerminalProcess) => ({
  login: original.login,
  thanked: () => original.thanked() + copy.thanked(),
  cutOff: () => 0,
});
const isBehind = (terminal: TerminalProcess) =>
  terminal.lines().find(({ msg, code }) => code === 'journal-behind' && msg.includes('never sent'));

describe('a copy of a card', () => {
  it.each([
    ['fewer', '33'],
    ['more', '33123312'],
  ])(
    'that has taken %s votes than the original meanwhile keeps them all, in an epoch of its own',
    async (_, presses) => {
      const [original, copy] = await makeClone('1212');
      await original.start();
      await original.pressMany(keys('11111'));
      await expectStoredEqualsThanked(rig.gateway, [original]);
      await original.end();
      await rig.gateway.stop();
      await copy.start();
      await copy.pressMany(keys(presses));
      await rig.gateway.start();
      await expectStoredEqualsThanked(rig.gateway, [both(original, copy)]);
      expect(isBehind(copy)).toMatchObject({ carried: presses.length });
      expect(existsSync(copy.journalPath)).toBe(true);
      await copy.press('2');
      await copy.end();
      await original.start();
      await original.press('2');
      await expectStoredEqualsThanked(rig.gateway, [both(original, copy)]);
      expect(isBehind(original)).toBeUndefined();
      expect(rig.quarantined(original.login)).toEqual([]);
      expect(new Set(rig.votesOf(original.login).map(({ epoch }) => epoch)).size).toBe(2);
      await original.end();
    },
  );

  it('that runs beside the original: they part at the first vote, and nothing goes on for ever', async () => {
    const [original, copy] = await makeClone('12');
    await original.start();
    await original.press('1');
    await expectStoredEqualsThanked(rig.gateway, [original]);
    await copy.start();
    await until('the copy to know', () => isBehind(copy));
    for (const terminal of [original, copy, original, copy]) await terminal.pressMany(keys('13'));
    await expectStoredEqualsThanked(rig.gateway, [both(original, copy)], { timeoutMs: 120_000 });
    await original.end();
    await copy.end();
    expect(rig.quarantined(original.login)).toEqual([]);
  });

  it('whose votes were sent under the same numbers: not counted, kept in quarantine, and raised', async () => {
    const [original, copy] = await makeClone('12');
    await original.start();
    await original.pressMany(keys('111'));
    await expectStoredEqualsThanked(rig.gateway, [original]);
    await original.end();
    await rig.gateway.stop();
    await copy.start();
    await copy.pressMany(keys('333'));
    // After a restart it cannot know any more that it has not sent them.
    await copy.end();
    await copy.start();
    await rig.gateway.start();
    await until('the quarantine', () => rig.quarantined(original.login).length === 3);
    expect(rig.quarantined(original.login)).toEqual(Array(3).fill('identity-conflict'));
    await until('the alarm', () => rig.gateway.log().includes('a cloned card?'));
    await copy.pressMany(keys('12'));
    await until('the later votes', () => rig.votesOf(original.login).length === 2 + 3 + 2);
    expect(rig.quarantined(original.login)).toHaveLength(3);
    await copy.end();
  });
});
