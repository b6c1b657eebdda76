/** The terminal ends at any moment, and the last write with it: what was thanked is there, and nothing is there twice. */
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type JournalRig, keys, startJournalRig } from '../support/journal-rig.ts';
import { expectScoresEqualRecount, expectStoredEqualsThanked } from '../support/recount.ts';
import type { Key } from '../support/terminal-process.ts';
import { until } from '../support/wait.ts';
import { scaled, seededRandom } from './seed.ts';

let rig: JournalRig;
beforeAll(async () => {
  rig = await startJournalRig();
});
afterAll(() => rig.dispose());

describe('kill -9 of a terminal', () => {
  it('at any moment of pressing, sending and starting loses and doubles nothing', async () => {
    const random = seededRandom('journal-kill');
    const terminal = await rig.terminal();
    let gatewayIsUp = true;
    for (let round = 0; round < scaled(6, 60); round += 1) {
      if (random.chance(0.3)) {
        await (gatewayIsUp ? rig.gateway.kill() : rig.gateway.start());
        gatewayIsUp = !gatewayIsUp;
      }
      await terminal.start();
      const answered = terminal.thanked();
      terminal.type(Array.from({ length: random.between(1, 12) }, () => random.pick<Key>(['1', '2', '3'])));
      // A moment that no condition names: a number of milliseconds after the first answer, or before it.
      if (random.chance(0.7)) await until('the first thank-you', () => terminal.thanked() > answered);
      await new Promise((resolve) => setTimeout(resolve, random.between(0, 900)));
      await terminal.end('SIGKILL');
    }
    if (!gatewayIsUp) await rig.gateway.start();
    await terminal.start();
    await terminal.press('1');
    const tally = await expectStoredEqualsThanked(rig.gateway, [terminal]);
    expect(tally.thanked).toBeGreaterThan(scaled(6, 60));
    const votes = rig.votesOf(terminal.login);
    expect(new Set(votes.map(({ epoch }) => epoch)).size).toBe(1);
    expect(votes.map(({ seq }) => seq)).toEqual(votes.map((_, i) => i + 1));
    await terminal.end();
    await expectScoresEqualRecount(rig.gateway);
  });
});

describe('a power cut in the middle of a write', () => {
  it.each(['cut short', 'garbage', 'zeroes'] as const)(
    'leaves the tail of the write-ahead log %s: thanked votes are there, the others never were',
    async (kind) => {
      const random = seededRandom(`journal-torn-${kind}`);
      for (let round = 0; round < scaled(2, 20); round += 1) {
        await rig.gateway.stop();
        const terminal = await rig.terminal();
        const wal = `${terminal.journalPath}-wal`;
        await terminal.start();
        // The log's length when each thank-you was given: everything up to there was synced before it.
        const lengths = [statSync(wal).size];
        for (let n = 0; n < 8; n += 1) {
          await terminal.press(random.pick<Key>(['1', '2', '3']));
          lengths.push(statSync(wal).size);
        }
        await terminal.end('SIGKILL');
        const survivors = random.between(0, 7);
        const [from = 0, to = 0] = lengths.slice(survivors);
        // Somewhere within the write of the next vote, which in this world nobody was thanked for.
        const at = random.between(from, to - 1);
        if (kind === 'cut short') truncateSync(wal, at);
        else {
          const bytes = readFileSync(wal);
          const rest = bytes.length - at;
          (kind === 'zeroes' ? Buffer.alloc(rest) : random.bytes(rest)).copy(bytes, at);
          writeFileSync(wal, bytes);
        }
        const before = terminal.thanked();
        await terminal.start();
        await terminal.pressMany(keys('123'));
        await rig.gateway.start();
        const thanked = () => survivors + terminal.thanked() - before;
        await expectStoredEqualsThanked(rig.gateway, [{ login: terminal.login, thanked, cutOff: () => 0 }]);
        const votes = rig.votesOf(terminal.login);
        expect(votes.map(({ seq }) => seq)).toEqual(votes.map((_, i) => i + 1));
        expect(new Set(votes.map(({ epoch }) => epoch)).size).toBe(1);
        await terminal.end();
      }
    },
  );
});
