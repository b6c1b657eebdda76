/** What a gateway does at its start with a database that is not as it left it, and the same looks from the command line. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databaseFile } from '../../../gateway/store/sqlite/sqlite-store.ts';
import { manyi } from '../../support/cli.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { batchOf } from '../../support/ledger-home.ts';
import { createStoreHome, voteRecord } from '../../support/store.ts';
import { addSmallTown } from '../../support/tree.ts';

const VOTES = 4_000;
let gateway: TestGateway;
let file: string;

beforeEach(async () => {
  gateway = await startGateway();
  file = databaseFile(gateway.dataDir);
  await gateway.stop();
  const store = createStoreHome(gateway.dataDir).open();
  await addSmallTown(store, 1);
  const journalKey = (await store.ledger.openJournal(1, 'ab'.repeat(16))).key;
  const at = Date.now() - 60_000;
  const votes = Array.from({ length: VOTES }, (_, index) => voteRecord({ journalKey, seq: index + 1, at }));
  await store.ledger.commit(batchOf({ votes }));
  store.close();
});
afterEach(() => gateway.dispose());

const change = (sql: string) => {
  const db = new Database(file);
  db.exec(sql);
  db.close();
};
const run = (...args: string[]) => manyi(gateway.dataDir, ...args);
const votes = async () => (await gateway.scores('7d')).find(({ id }) => id === 'w1')?.votes;
const startFailure = () =>
  gateway.start().then(
    () => {
      throw new Error('it started');
    },
    (error: Error) => error.message,
  );

describe('rollups that are not what their votes say', () => {
  it.each([
    ['too many', 'UPDATE rollups SET satisfied = satisfied + 7'],
    ['of another rating', 'UPDATE rollups SET satisfied = satisfied - 5, unsatisfied = unsatisfied + 5'],
    ['gone', 'DELETE FROM rollups'],
    ['of no vote', 'INSERT INTO rollups VALUES (1990000, 1, 1, 9, 0, 0, 1, 9, 1791000000000000)'],
    ['which miss a vote at their end', 'UPDATE rollups SET last_seq = last_seq - 1'],
  ])('%s: are counted again at the start, said, and audited', async (_what, sql) => {
    change(sql);
    const found = await run('check', '--json');
    expect(found.code).toBe(1);
    expect(JSON.parse(found.out)).toMatchObject({ integrity: 'ok', votes: VOTES, differingRollups: 1 });
    await gateway.start();
    expect(gateway.log()).toContain('counted again');
    expect(await votes()).toBe(VOTES);
    const { out } = await run('audit', 'list', '--json');
    const row = JSON.parse(out).find(({ action }: { action: string }) => action === 'rollups.repair');
    expect(row).toMatchObject({ actor: 'gateway', detail: { rows: 1 } });
    expect(row.detail.differences).toHaveLength(1);
    expect((await run('check')).code).toBe(0);
  });

  it('say that votes are excluded which nobody has excluded: counted again, said, and audited', async () => {
    change('INSERT INTO excluded SELECT quarter, window_key, source_key, 9, 0, 0 FROM rollups');
    expect(JSON.parse((await run('check', '--json')).out)).toMatchObject({ differingRollups: 1 });
    await gateway.start();
    expect(gateway.log()).toContain('counted again');
    expect(await votes()).toBe(VOTES);
    const rows = JSON.parse((await run('audit', 'list', '--json')).out);
    expect(rows).toContainEqual(
      expect.objectContaining({
        action: 'rollups.repair',
        detail: expect.objectContaining({ rows: 0, journalsWithLeftOut: 1 }),
      }),
    );
    expect((await run('check')).code).toBe(0);
  });

  it('are put right from the command line, by name, while the gateway is stopped', async () => {
    change('UPDATE rollups SET basically = 3');
    const repaired = await run('check', '--repair', '--json');
    expect(repaired.code).toBe(0);
    expect(JSON.parse(repaired.out)).toMatchObject({ differingRollups: 1, repaired: 1 });
    const rows = JSON.parse((await run('audit', 'list', '--json')).out);
    expect(rows[0]).toMatchObject({ action: 'rollups.repair', actor: expect.stringMatching(/^cli:./) });
    await gateway.start();
    expect(gateway.log()).not.toContain('counted again');
    expect((await run('check', '--repair')).err).toMatch(/^data-in-use: /);
    expect((await run('check')).code).toBe(0);
  });
});

describe('a database that is damaged', () => {
  it.each<[what: string, spoil: (bytes: Buffer) => Buffer]>([
    ['pages overwritten', (bytes) => bytes.fill(0xa5, 8_192, 8_192 + 16_384)],
    ['no database any more', (bytes) => bytes.fill(0x20, 0, 4_096)],
    ['cut short', (bytes) => bytes.subarray(0, 20_480)],
  ])('%s: ends the start with what to do, and is not written to', async (_what, spoil) => {
    writeFileSync(file, spoil(readFileSync(file)));
    rmSync(`${file}-wal`, { force: true });
    rmSync(`${file}-shm`, { force: true });
    const before = readFileSync(file);
    const said = await startFailure();
    expect(said).toContain('ended (1)');
    expect(said).toContain('storage-damaged: ');
    expect(said).toContain('manyi restore');
    expect(readFileSync(file).equals(before)).toBe(true);
    const checked = await run('check');
    expect([checked.code, checked.err.split(':')[0]]).toEqual([1, 'storage-damaged']);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('of a newer schema is not touched', async () => {
    change('PRAGMA user_version = 900');
    expect(await startFailure()).toContain('storage-newer: ');
  });
});

describe('the audit from the command line', () => {
  it('is unbroken, says its head, and says what is broken', async () => {
    change('UPDATE rollups SET satisfied = 1');
    await run('check', '--repair');
    const verified = await run('audit', 'verify');
    expect(verified.out).toMatch(/^\d+ entries, unbroken, head \d+:[0-9a-f]{64}\n$/);
    const head = verified.out.trim().split(' ').at(-1) as string;
    expect((await run('audit', 'verify', '--head', head)).code).toBe(0);
    await gateway.start();
    expect(gateway.log()).toContain(`"head":"${head}"`);

    change("DROP TRIGGER audit_no_update; UPDATE audit SET actor = 'account:nobody'");
    const broken = await run('audit', 'verify');
    expect([broken.code, broken.out]).toEqual([1, '']);
    expect(broken.err).toMatch(/^audit-broken: changed at row 1: /);
    expect(JSON.parse((await run('audit', 'verify', '--json')).out)).toMatchObject({
      unbroken: false,
      broken: { seq: 1, kind: 'changed' },
    });
    expect((await run('audit', 'verify', '--head', 'nonsense')).err).toContain('SEQ:HASH');
    const key = readFileSync(join(gateway.dataDir, 'audit.key'));
    for (const secret of [key.toString('hex'), key.toString('base64')])
      expect(gateway.log() + verified.out + broken.err).not.toContain(secret);
  });
});
