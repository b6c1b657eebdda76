/** Votes in a journal that was put away: said, and sent or written off when somebody asks for it; each is stored once. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openJournal } from '../../device/journal/journal.ts';
import type { ScoreRow } from '../../protocol/score.ts';
import { manyi } from '../support/cli.ts';
import { acked, type JournalRig, keys, startJournalRig } from '../support/journal-rig.ts';
import { expectScoresEqualRecount, expectStoredEqualsThanked } from '../support/recount.ts';
import type { TerminalProcess } from '../support/terminal-process.ts';
import { until } from '../support/wait.ts';

const PAGE_BYTES = 4_096;
let rig: JournalRig;
beforeAll(async () => {
  rig = await startJournalRig();
});
afterAll(() => rig.dispose());

type Row = {
  id: string;
  reason: string;
  epoch: string;
  unsent: number | null;
  state: string;
  answer: string | null;
};

const cli = async (...args: string[]) => {
  const { code, out, err } = await manyi(rig.gateway.dataDir, '--json', ...args);
  return { code, answer: JSON.parse(out === '' ? err : out) };
};
const journalsOf = async ({ login }: TerminalProcess): Promise<Row[]> =>
  (await cli('terminal', 'journals', login.id)).answer;
const openOnes = async (terminal: TerminalProcess) =>
  (await journalsOf(terminal)).filter(({ state }) => state === 'open' || state === 'sending');
const reported = (terminal: TerminalProcess) =>
  until('the journal to be reported', async () => (await openOnes(terminal))[0], { everyMs: 200 });
const ask = async (terminal: TerminalProcess, op: 'journal-send' | 'journal-drop', id: string) =>
  expect(await cli('terminal', op, terminal.login.id, id, '--reason', '测试')).toMatchObject({ code: 0 });
const answered = (terminal: TerminalProcess, id: string, answer: string | RegExp) =>
  until(
    `the answer "${answer}"`,
    async () => {
      const row = (await journalsOf(terminal)).find((one) => one.id === id);
      if (typeof answer === 'string' ? row?.answer !== answer : !answer.test(row?.answer ?? ''))
        throw new Error(`it is ${JSON.stringify(row)}`);
      return true;
    },
    { timeoutMs: 60_000, everyMs: 200 },
  );
const completenessOf = async ({ login }: TerminalProcess): Promise<ScoreRow['completeness'] | undefined> =>
  (await rig.gateway.scores('today')).find(({ id }) => id === login.windowId)?.completeness;
const files = ({ journalPath }: TerminalProcess) =>
  readdirSync(rig.folder).filter((name) => name.startsWith(`${basename(journalPath)}.`));

/** Overwrites the page that the votes' tree begins with; with many votes it is an inner page, and the votes are below it. */
function damage(path: string, table = 'votes'): void {
  const db = new Database(path);
  db.pragma('wal_checkpoint(TRUNCATE)');
  const page = db.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').pluck().get(table) as number;
  db.close();
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(PAGE_BYTES, 0xa5), 0, PAGE_BYTES, (page - 1) * PAGE_BYTES);
  closeSync(file);
}

/** The last page of the file that holds votes and is not where their tree begins. */
function damageLeaf(path: string): void {
  const bytes = readFileSync(path);
  for (let at = bytes.length - PAGE_BYTES; at > 0; at -= PAGE_BYTES)
    if (bytes[at] === 0x0d && bytes.readUInt16BE(at + 3) > 50) {
      const file = openSync(path, 'r+');
      writeSync(file, Buffer.alloc(PAGE_BYTES, 0xa5), 0, PAGE_BYTES, at);
      closeSync(file);
      return;
    }
  throw new Error('there is no leaf');
}

/** A terminal whose journal, with votes that the gateway never got, was damaged and put away; it runs again. */
async function damagedTerminal(
  unsent: string,
  table = 'boots',
): Promise<{ terminal: TerminalProcess; row: Row }> {
  const terminal = await rig.terminal();
  await terminal.start();
  await terminal.pressMany(keys('123'));
  await acked(terminal, 3);
  await rig.gateway.stop();
  await terminal.pressMany(keys(unsent));
  await terminal.end();
  damage(terminal.journalPath, table);
  await rig.gateway.start();
  await terminal.start();
  return { terminal, row: await reported(terminal) };
}

describe('a damaged journal with votes that the gateway never got', () => {
  it('is said on the wall, sent when asked for, counted once, and said no more', async () => {
    const { terminal, row } = await damagedTerminal('12312');
    expect(row).toMatchObject({ reason: 'corrupt', unsent: 5, state: 'open' });
    await until('the wall to say so', async () => (await completenessOf(terminal))?.setAside === 5);
    expect((await completenessOf(terminal))?.state).toBe('set-aside');
    await terminal.press('1');
    await ask(terminal, 'journal-send', row.id);
    await answered(terminal, row.id, 'done: read 5');
    await expectStoredEqualsThanked(rig.gateway, [terminal]);
    await expectScoresEqualRecount(rig.gateway);
    await until(
      'the wall to be complete',
      async () => (await completenessOf(terminal))?.state === 'complete',
    );
    await until('the report to end', async () => (await openOnes(terminal)).length === 0, { everyMs: 200 });
    expect(new Set(rig.votesOf(terminal.login).map(({ epoch }) => epoch)).size).toBe(2);
    // Once more, and by another command: the same votes under the same numbers.
    const before = rig.votesOf(terminal.login);
    await ask(terminal, 'journal-send', row.id);
    await until('both commands to be answered', async () => {
      const commands = await rig.gateway.getJson(`/api/v1/terminals/${terminal.login.id}/commands`);
      return (commands as { state: string }[]).map(({ state }) => state).join() === 'done,done';
    });
    expect(rig.votesOf(terminal.login)).toEqual(before);
    expect(rig.quarantined(terminal.login)).toEqual([]);
    await terminal.end();
  });

  it('is sent to its end although terminal and gateway are killed meanwhile', async () => {
    const { terminal, row } = await damagedTerminal('123'.repeat(30));
    await ask(terminal, 'journal-send', row.id);
    await until(
      'the terminal to send',
      () => terminal.log().includes('command') || files(terminal).some((name) => name.endsWith('.commands')),
    );
    for (let round = 0; round < 3; round += 1) {
      await terminal.end('SIGKILL');
      if (round === 1) {
        await rig.gateway.kill();
        await rig.gateway.start();
      }
      await terminal.start();
      await terminal.press('2');
    }
    await answered(terminal, row.id, 'done: read 90');
    await expectStoredEqualsThanked(rig.gateway, [terminal]);
    await expectScoresEqualRecount(rig.gateway);
    expect(rig.quarantined(terminal.login)).toEqual([]);
    await terminal.end();
  });

  it('of which nothing can be read is not given up: it stays said until a person decides', async () => {
    const { terminal, row } = await damagedTerminal('1', 'votes');
    expect(row.unsent).toBe(1);
    await ask(terminal, 'journal-send', row.id);
    await until('the refusal', async () =>
      (await journalsOf(terminal))[0]?.answer?.startsWith('journal-unreadable'),
    );
    expect((await completenessOf(terminal))?.setAside).toBe(1);
    await terminal.end();
  });

  it('of which some cannot be read: the others are stored, and those are called lost', async () => {
    const terminal = await rig.terminal();
    // The gateway has heard it with an earlier card, and then with a later one.
    await terminal.start();
    await terminal.press('1');
    await acked(terminal, 1);
    await terminal.end();
    for (const name of files(terminal)) rmSync(join(rig.folder, name));
    rmSync(terminal.journalPath);
    // A day without a network: more votes than fit on one page.
    const journal = openJournal({ path: terminal.journalPath, terminalId: terminal.login.id });
    const began = Date.now() - 600 * 30_000;
    for (let n = 0; n < 600; n += 1)
      journal.append({
        rating: 'basically',
        at: began + n * 30_000,
        clock: 'ntp',
        boot: 'boot',
        mono: n * 30_000,
      });
    journal.close();
    damage(terminal.journalPath, 'boots');
    damageLeaf(terminal.journalPath);
    await terminal.start();
    const row = await reported(terminal);
    expect(row).toMatchObject({ reason: 'corrupt', unsent: 600 });
    await ask(terminal, 'journal-send', row.id);
    await answered(terminal, row.id, /^done: read \d+, unreadable at least \d+$/);
    const [, read, lost] = /read (\d+), unreadable at least (\d+)/.exec(
      (await journalsOf(terminal))[0]?.answer ?? '',
    ) as RegExpExecArray;
    expect(Number(read) + Number(lost)).toBe(600);
    expect(Number(lost)).toBeGreaterThan(0);
    const votes = rig.votesOf(terminal.login).filter(({ epoch }) => epoch === row.epoch);
    expect(votes).toHaveLength(Number(read));
    for (const { seq, at } of votes) expect(at, `vote ${seq}`).toBe(began + (seq - 1) * 30_000);
    await until('the wall to say lost', async () => (await completenessOf(terminal))?.lost === Number(lost));
    await expectScoresEqualRecount(rig.gateway);
    await terminal.end();
  });

  it('is written off when asked for, and sent all the same when somebody thinks better of it', async () => {
    const { terminal, row } = await damagedTerminal('3312');
    await ask(terminal, 'journal-drop', row.id);
    await answered(terminal, row.id, 'done: written off: 4');
    expect(files(terminal).some((name) => /\.corrupt-\d+\.dropped-\d+$/.test(name))).toBe(true);
    await until('the report to end', async () => (await openOnes(terminal)).length === 0, { everyMs: 200 });
    await until(
      'the wall to expect them no longer',
      async () => (await completenessOf(terminal))?.state === 'complete',
    );
    const { answer } = await cli('audit', 'list');
    expect(JSON.stringify(answer)).toMatch(/terminal\.journal-drop".*"votes":4/);
    expect(rig.votesOf(terminal.login)).toHaveLength(3);
    await ask(terminal, 'journal-send', row.id);
    await answered(terminal, row.id, 'done: read 4');
    await expectStoredEqualsThanked(rig.gateway, [terminal]);
    await until(
      'the wall to be complete',
      async () => (await completenessOf(terminal))?.state === 'complete',
    );
    await terminal.end();
  });
});

describe('a copied card', () => {
  it('has nothing to send that was not sent, or is not in its new epoch', async () => {
    const original = await rig.terminal();
    await original.start();
    await original.pressMany(keys('12'));
    await expectStoredEqualsThanked(rig.gateway, [original]);
    await original.end();
    const journal = join(rig.folder, `${original.login.id}-copy.db`);
    copyFileSync(original.journalPath, journal);
    const copy = await rig.terminal({ login: original.login, env: { MANYI_JOURNAL: journal } });
    await original.start();
    await original.pressMany(keys('111'));
    await expectStoredEqualsThanked(rig.gateway, [original]);
    await original.end();
    await rig.gateway.stop();
    await copy.start();
    await copy.pressMany(keys('33'));
    await rig.gateway.start();
    const both = {
      login: original.login,
      thanked: () => original.thanked() + copy.thanked(),
      cutOff: () => 0,
    };
    await expectStoredEqualsThanked(rig.gateway, [both]);
    const row = await reported(copy);
    expect(row).toMatchObject({ reason: 'behind', unsent: 0 });
    await ask(copy, 'journal-send', row.id);
    await answered(copy, row.id, /^done: read [0-2]$/);
    await expectStoredEqualsThanked(rig.gateway, [both]);
    await expectScoresEqualRecount(rig.gateway);
    await copy.end();
  });
});

describe('the journal of another terminal', () => {
  it('is not sent by this one, but stored for the other from its file, while the gateway runs', async () => {
    const first = await rig.terminal();
    await first.start();
    await first.pressMany(keys('12'));
    await acked(first, 2);
    await rig.gateway.stop();
    await first.pressMany(keys('313'));
    await first.end();
    await rig.gateway.start();
    const second = await rig.terminal({ env: { MANYI_JOURNAL: first.journalPath } });
    await second.start();
    const row = await reported(second);
    expect(row).toMatchObject({ reason: 'moved', unsent: 3 });
    expect(await cli('terminal', 'journal-send', second.login.id, row.id, '--reason', 'x')).toMatchObject({
      code: 1,
      answer: { error: { code: 'journal-of-other-terminal' } },
    });
    await second.press('1');
    const file = files(first).find((name) => /\.moved-\d+$/.test(name)) as string;
    const carry = (...more: string[]) =>
      cli('journal', 'import', join(rig.folder, file), '--reason', '主板损坏', ...more);
    const all = { terminal: first.login.id, read: 5, unreadable: 0, conflicts: 0, held: 0 };
    expect(await carry('--dry-run')).toMatchObject({ code: 0, answer: { ...all, stored: 3, duplicates: 2 } });
    expect(rig.votesOf(first.login)).toHaveLength(2);
    expect(await carry()).toMatchObject({ code: 0, answer: { ...all, stored: 3, duplicates: 2 } });
    await expectStoredEqualsThanked(rig.gateway, [first, second]);
    await until('the scores to know', async () => {
      await expectScoresEqualRecount(rig.gateway);
      return true;
    });
    expect(await carry()).toMatchObject({ code: 0, answer: { ...all, stored: 0, duplicates: 5 } });
    expect(await carry('--terminal', second.login.id)).toMatchObject({
      code: 1,
      answer: { error: { code: 'journal-of-other-terminal' } },
    });
    await ask(second, 'journal-drop', row.id);
    await answered(second, row.id, 'done: written off: 3');
    await expectStoredEqualsThanked(rig.gateway, [first, second]);
    await second.end();
  });
});

describe('the card of a dead board', () => {
  it('that the gateway never heard of is stored from its file, and goes on where it was when the card lives after all', async () => {
    const terminal = await rig.terminal();
    await rig.gateway.stop();
    await terminal.start();
    await terminal.pressMany(keys('1231'));
    await terminal.end('SIGKILL');
    await rig.gateway.start();
    const card = join(rig.folder, 'card.db');
    for (const part of ['', '-wal'])
      if (existsSync(terminal.journalPath + part)) copyFileSync(terminal.journalPath + part, card + part);
    const imported = await cli('journal', 'import', card, '--reason', '更换主板');
    expect(imported).toMatchObject({ code: 0, answer: { read: 4, stored: 4 } });
    await expectStoredEqualsThanked(rig.gateway, [terminal]);
    await until('the scores to know', async () => {
      await expectScoresEqualRecount(rig.gateway);
      return true;
    });
    await terminal.start();
    await terminal.pressMany(keys('21'));
    await acked(terminal, 6);
    await expectStoredEqualsThanked(rig.gateway, [terminal]);
    await expectScoresEqualRecount(rig.gateway);
    expect(new Set(rig.votesOf(terminal.login).map(({ epoch }) => epoch)).size).toBe(1);
    await terminal.end();
  });

  it('is refused when it is no journal', async () => {
    const file = join(rig.folder, 'noise.db');
    writeFileSync(file, randomBytes(20_000));
    expect(await cli('journal', 'import', file, '--reason', 'x')).toMatchObject({
      code: 1,
      answer: { error: { code: 'journal-unreadable' } },
    });
  });
});
