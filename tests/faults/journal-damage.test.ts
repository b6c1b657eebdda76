/** A journal that cannot be read any more is put away and told; the terminal goes on in a new epoch. */
import { closeSync, openSync, readdirSync, writeSync } from 'node:fs';
import { basename } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failIo, STRACE } from '../support/io-errors.ts';
import { acked, type JournalRig, keys, startJournalRig } from '../support/journal-rig.ts';
import { have } from '../support/prerequisites.ts';
import { expectStoredEqualsThanked } from '../support/recount.ts';
import type { TerminalProcess } from '../support/terminal-process.ts';
import { until } from '../support/wait.ts';
import { type Random, seededRandom } from './seed.ts';

const PAGE_BYTES = 4_096;
let rig: JournalRig;
beforeAll(async () => {
  rig = await startJournalRig();
});
afterAll(() => rig.dispose());

const epochsOf = (terminal: TerminalProcess) => [
  ...new Set(rig.votesOf(terminal.login).map(({ epoch }) => epoch)),
];
const setAside = () => rig.metric('manyi_journals_set_aside');
const logged = (terminal: TerminalProcess, code: string) =>
  terminal.lines().find((line) => line.code === code);
const asides = (terminal: TerminalProcess) =>
  readdirSync(rig.folder).filter((name) =>
    new RegExp(`^${basename(terminal.journalPath)}\\.corrupt-\\d+$`).test(name),
  );

function rootPageOf(path: string, table: string): number {
  const db = new Database(path);
  db.pragma('wal_checkpoint(TRUNCATE)');
  const root = db.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').pluck().get(table) as number;
  db.close();
  return root;
}

function scratch(path: string, page: number, random: Random): void {
  const file = openSync(path, 'r+');
  writeSync(file, random.bytes(PAGE_BYTES), 0, PAGE_BYTES, (page - 1) * PAGE_BYTES);
  closeSync(file);
}

describe('a damaged journal', () => {
  it('is put away with a note, told to the gateway by what was unsent, and kept to a handful', async () => {
    const random = seededRandom('journal-damage');
    const terminal = await rig.terminal();
    for (let round = 1; round <= 6; round += 1) {
      await terminal.start();
      await terminal.pressMany(keys('12'));
      await acked(terminal, 2);
      // A clean end writes the cursor: the note then knows that nothing is unsent.
      await terminal.end();
      scratch(terminal.journalPath, rootPageOf(terminal.journalPath, 'votes'), random);
    }
    await terminal.start();
    expect(logged(terminal, 'journal-damaged')).toMatchObject({ unsent: 0 });
    expect(logged(terminal, 'journal-dropped')).toMatchObject({ unsent: 0 });
    expect(asides(terminal)).toHaveLength(4);
    await until('the gateway to know', async () => (await setAside()) === 4);
    await terminal.press('3');
    await expectStoredEqualsThanked(rig.gateway, [terminal]);
    expect(epochsOf(terminal)).toHaveLength(7);
    await terminal.end();
  });

  it('with votes that the gateway never got: how many is told, and the file stays', async () => {
    const random = seededRandom('journal-damage-unsent');
    const terminal = await rig.terminal();
    await terminal.start();
    await terminal.pressMany(keys('123'));
    await acked(terminal, 3);
    await rig.gateway.stop();
    await terminal.pressMany(keys('1231'));
    await terminal.end();
    scratch(terminal.journalPath, rootPageOf(terminal.journalPath, 'votes'), random);
    await rig.gateway.start();
    await terminal.start();
    expect(logged(terminal, 'journal-damaged')).toMatchObject({ unsent: 4 });
    await until('the gateway to know', () =>
      rig.gateway
        .log()
        .split('\n')
        .some((line) => line.includes(terminal.login.id) && line.includes('"unsent":4')),
    );
    expect(asides(terminal)).toHaveLength(1);
    await terminal.end();
  });
});

describe.runIf(have(STRACE))('pages that the card does not give back while the terminal runs', () => {
  it('keep it from voting for as long as that lasts, and no longer', async () => {
    const terminal = await rig.terminal();
    await terminal.start();
    await terminal.pressMany(keys('112'));
    await expectStoredEqualsThanked(rig.gateway, [terminal]);
    // A commit fails, so that the file is opened again, and then its pages cannot be read.
    const errors = await failIo(terminal.pid(), { calls: ['fsync', 'fdatasync', 'pread64'] });
    await terminal.pressInVain('1');
    await until('reading to have failed', () => logged(terminal, 'journal-write-failed'));
    await until('the terminal to have given the file up, or to wait', () => errors.failures() > 5, {
      timeoutMs: 60_000,
    });
    await errors.heal();
    await until('a vote to be taken again', async () => {
      await terminal.pressMany(keys('3'));
      return terminal.thanked() > 3;
    });
    await expectStoredEqualsThanked(rig.gateway, [terminal]);
    await terminal.end();
  });

  it('and a page that is garbage by then: the file is put away and a new one begun', async () => {
    const random = seededRandom('journal-damage-live');
    const terminal = await rig.terminal();
    await terminal.start();
    await terminal.pressMany(keys('112'));
    await acked(terminal, 3);
    await terminal.end();
    const page = rootPageOf(terminal.journalPath, 'boots');
    // Without a gateway nothing writes this page again, and neither will the write-ahead log heal it.
    await rig.gateway.stop();
    await terminal.start();
    scratch(terminal.journalPath, page, random);
    const errors = await failIo(terminal.pid());
    await terminal.pressInVain('1');
    await errors.heal();
    await until('a vote to be taken again', async () => {
      await terminal.pressMany(keys('3'));
      return terminal.thanked() > 3;
    });
    expect(logged(terminal, 'journal-damaged')).toMatchObject({ unsent: 0 });
    await rig.gateway.start();
    await expectStoredEqualsThanked(rig.gateway, [terminal]);
    expect(epochsOf(terminal)).toHaveLength(2);
    await terminal.end();
  });
});
