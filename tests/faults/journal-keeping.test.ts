/** Acked votes stay within days and megabytes, and come again when a gateway restored from a backup asks for them. */
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openJournal } from '../../device/journal/journal.ts';
import type { ScoreRow } from '../../protocol/score.ts';
import { acked, type JournalRig, keys, startJournalRig } from '../support/journal-rig.ts';
import { expectStoredEqualsThanked } from '../support/recount.ts';
import { until } from '../support/wait.ts';
import { isQuick } from './seed.ts';

const DAY_MS = 86_400_000;
const MIB = 1 << 20;
/** About 30 bytes each: more than one megabyte. */
const OLD_VOTES = 50_000;

let rig: JournalRig;
beforeAll(async () => {
  rig = await startJournalRig({ env: { MANYI_MESSAGES_PER_S: '1000' } });
});
afterAll(() => rig.dispose());

/** A journal as weeks of votes leave it. One by one that would be as many syncs. */
function fillJournal(path: string, count: number, at: number): void {
  openJournal({ path }).close();
  const db = new Database(path);
  const fill = db.transaction(() => {
    db.exec(`INSERT INTO boots(boot) VALUES ('earlier')`);
    const insert = db.prepare(`INSERT INTO votes VALUES (?, 0, ?, 0, (SELECT id FROM boots), ?)`);
    for (let seq = 1; seq <= count; seq += 1) insert.run(seq, at + seq, seq);
    db.prepare('UPDATE totals SET votes = ? WHERE rating = 0').run(count);
  });
  fill();
  db.close();
}
const keptIn = (path: string) => {
  const journal = openJournal({ path });
  const { first, last, acked: upTo } = journal;
  const bytes = journal.usedBytes() as number;
  journal.close();
  return { first, last, acked: upTo, bytes };
};

describe('acked votes', () => {
  it.runIf(!isQuick)(
    'go when they are too many, without holding a press up; the rest comes again to a restored gateway, and what went is called lost',
    async () => {
      const terminal = await rig.terminal({ env: { MANYI_KEEP_ACKED_MB: '1' } });
      fillJournal(terminal.journalPath, OLD_VOTES, Date.now() - DAY_MS);
      const before = join(rig.folder, 'backup');
      await rig.gateway.stop();
      cpSync(rig.gateway.dataDir, before, { recursive: true });
      await rig.gateway.start();
      await terminal.start();
      const total = () => ({
        login: terminal.login,
        thanked: () => OLD_VOTES + terminal.thanked(),
        cutOff: () => 0,
      });
      await acked(terminal, OLD_VOTES, 120_000);
      let slowestMs = 0;
      await until(
        'votes to be let go',
        async () => {
          const began = performance.now();
          await terminal.press('1');
          slowestMs = Math.max(slowestMs, performance.now() - began);
          return terminal.lines().some(({ msg }) => msg === 'acked votes let go');
        },
        { timeoutMs: 60_000, everyMs: 200 },
      );
      // A press takes 90 ms at the keyboard itself.
      expect(slowestMs).toBeLessThan(1_500);
      await expectStoredEqualsThanked(rig.gateway, [total()]);
      await acked(terminal, OLD_VOTES + terminal.thanked());
      await terminal.end();
      const kept = keptIn(terminal.journalPath);
      expect(kept.bytes).toBeLessThanOrEqual(MIB);
      expect(kept.first).toBeGreaterThan(1);
      expect(kept.first).toBeLessThan(OLD_VOTES);

      await rig.gateway.stop();
      rmSync(rig.gateway.dataDir, { recursive: true });
      cpSync(before, rig.gateway.dataDir, { recursive: true });
      await rig.gateway.start();
      await terminal.start();
      await terminal.press('2');
      const gone = kept.first - 1;
      await expectStoredEqualsThanked(rig.gateway, [{ ...total(), thanked: () => total().thanked() - gone }]);
      const rows = await rig.gateway.scores('7d');
      const row = rows.find(({ id }) => id === terminal.login.windowId) as ScoreRow;
      expect(row.completeness).toMatchObject({ pending: 0, lost: gone });
      await terminal.end();
    },
  );

  it('go by age when they are days old, and not before they are acked', async () => {
    const terminal = await rig.terminal({ env: { MANYI_KEEP_ACKED_DAYS: '3' } });
    fillJournal(terminal.journalPath, 700, Date.now() - 4 * DAY_MS);
    await rig.gateway.stop();
    await terminal.start();
    await terminal.pressMany(keys('12'));
    await terminal.end();
    expect(keptIn(terminal.journalPath)).toMatchObject({ first: 1, last: 702, acked: 0 });
    await rig.gateway.start();
    await terminal.start();
    await acked(terminal, 702);
    await until(
      'votes to be let go',
      () => terminal.lines().some(({ msg, pruned }) => msg === 'acked votes let go' && pruned === 700),
      { timeoutMs: 60_000 },
    );
    await terminal.end();
    expect(keptIn(terminal.journalPath)).toMatchObject({ first: 701, last: 702, acked: 702 });
    await expectStoredEqualsThanked(rig.gateway, [
      { login: terminal.login, thanked: () => 702, cutOff: () => 0 },
    ]);
  });
});
