/** A folder of every schema since the first: today's gateway has everything that is in it, and goes on with it. */
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { verifyAudit } from '../../../gateway/store/sqlite/audit-verify.ts';
import { checkDatabase } from '../../../gateway/store/sqlite/check.ts';
import { SCHEMA_VERSION } from '../../../gateway/store/sqlite/migrate.ts';
import { createSqliteReader, type SqliteStore } from '../../../gateway/store/sqlite/sqlite-store.ts';
import { addAccount } from '../../support/change-people.ts';
import { decide } from '../../support/decide.ts';
import { batchOf, outcomesOf } from '../../support/ledger-home.ts';
import {
  makeOldFolder,
  OLD_ACCOUNTED,
  OLD_AT,
  OLD_COUNTS,
  OLD_EPOCH,
  OLD_LINES,
  oldHash,
} from '../../support/old-folder.ts';
import { createStoreHome, type StoreHome, voteRecord } from '../../support/store.ts';

const YEAR_MS = 365 * 86_400_000;
const VERSIONS = Array.from({ length: SCHEMA_VERSION }, (_, index) => index + 1);

it('begins with the first schema, and leaves none out', () =>
  expect(VERSIONS.length).toBeGreaterThanOrEqual(7));

describe.each(VERSIONS)('a folder of schema %i', (version) => {
  let home: StoreHome;
  let store: SqliteStore;
  beforeEach(() => {
    home = createStoreHome();
    makeOldFolder(home.file, version);
    store = home.open();
  });
  afterEach(() => {
    store.close();
    home.dispose();
  });
  /** What came with a schema is only there from it on. */
  const since = <T>(schema: number, rows: T[]): T[] => (version >= schema ? rows : []);

  it('holds the check of a start, before it is brought up to date', () => {
    const before = createStoreHome();
    makeOldFolder(before.file, version);
    expect(checkDatabase(before.file)).toMatchObject({
      ...{ schemaVersion: version, damage: [], votes: 40 },
      rollups: { checked: true, differing: 0 },
    });
    const db = new Database(before.file);
    db.exec('UPDATE rollups SET satisfied = satisfied + 1 WHERE last_seq = 20');
    db.close();
    expect(checkDatabase(before.file).rollups).toMatchObject({ differing: 1, journalKeys: [1] });
    before.dispose();
  });

  it('has its tree, its terminals and what lets them in', async () => {
    expect((await store.org.units()).map(({ id, parentId, name }) => [id, parentId, name])).toEqual([
      ['city', null, '云岭市'],
      ['town', 'city', '云岭镇'],
    ]);
    expect((await store.org.windows()).map(({ id, unitId }) => [id, unitId])).toEqual([
      ['w1', 'town'],
      ['w2', 'city'],
    ]);
    const ever = { from: 0 };
    expect(await store.org.versions()).toEqual([
      { ...ever, kind: 'unit', key: 1, parentKey: null, name: '云岭市' },
      { ...ever, kind: 'unit', key: 2, parentKey: 1, name: '云岭镇' },
      { ...ever, kind: 'window', key: 1, parentKey: 2, name: '1号窗口' },
      { ...ever, kind: 'window', key: 2, parentKey: 1, name: '2号窗口' },
    ]);
    expect(await store.org.terminals()).toEqual([
      { key: 1, id: 't-1', windowId: 'w1', windowKey: 1, lastSeenAt: OLD_AT },
      { key: 2, id: 't-2', windowId: 'w2', windowKey: 2, lastSeenAt: null },
    ]);
    expect(
      (await store.fleet.certificates()).map(({ serial, firstUsedAt, reason }) => [
        serial,
        firstUsedAt,
        reason,
      ]),
    ).toEqual(
      since(3, [
        ['0B', null, 'superseded'],
        ['0A', OLD_AT + 1, null],
      ]),
    );
    const code = { terminalKey: 2, secretHash: oldHash('code'), expiresAt: OLD_AT + 7, publicKey: null };
    expect(await store.fleet.enrolments()).toEqual(since(3, [code]));
  });

  it('has its votes, as often as they were counted, and what else accounts for a number', async () => {
    const { key } = await store.ledger.openJournal(1, OLD_EPOCH);
    expect(key).toBe(1);
    expect(await store.ledger.countStored(1)).toEqual(OLD_COUNTS);
    expect(await store.ledger.accountedRanges(1)).toEqual(OLD_ACCOUNTED);
    expect(await store.ledger.knownNumbers(1, [3, 42, 45, 46])).toMatchObject([
      { isStored: true, setAsideReason: null },
      { isStored: false, isWrittenOff: version >= 5 },
      { isStored: false, setAsideReason: 'rating-unknown', isUndecided: true },
      { isStored: false, setAsideReason: null },
    ]);
    const sums = [0, 0, 0];
    let quarters = 0;
    for await (const { counts } of store.ledger.rollups(0)) {
      quarters += 1;
      for (const [rating, count] of counts.entries()) sums[rating] = (sums[rating] ?? 0) + count;
    }
    expect([quarters, sums]).toEqual([2, Object.values(OLD_COUNTS)]);
    const [journal] = await store.review.journals('t-1');
    expect(journal).toMatchObject({ announced: 45, lastSeq: 40, lost: 4, writtenOff: version >= 5 ? 4 : 0 });
    expect((await store.review.exclusions()).map(({ id, endedAt }) => [id, endedAt])).toEqual(
      since(5, [['x-1', null]]),
    );
  });

  it('has its people, sessions and links, which are good for another year where they had no end', async () => {
    expect(
      (await store.people.accounts()).map((one) => [one.name, one.role, one.unitId, one.disabledAt]),
    ).toEqual(
      since(4, [
        ['boss', 'administrator', null, null],
        ['chief', 'unit-manager', 'town', OLD_AT + 3],
      ]),
    );
    if (version < 4) return;
    expect(await store.people.sessionOf(oldHash('session'))).toMatchObject({
      session: { id: 's-1', lastUsedAt: OLD_AT, userAgent: 'a browser' },
      account: { name: 'boss', passwordHash: 'hash of boss', mustChangePassword: false },
    });
    const link = await store.people.linkOf(oldHash('link'));
    expect(link).toMatchObject({
      id: 'l-1',
      unitId: 'town',
      createdBy: { kind: 'account', name: 'boss' },
      lastUsedAt: OLD_AT + 2,
    });
    if (version >= 6) expect(link?.expiresAt).toBe(OLD_AT + 8);
    else expect(Math.abs((link?.expiresAt ?? 0) - Date.now() - YEAR_MS)).toBeLessThan(120_000);
  });

  it('has what terminals were told to do', async () => {
    expect((await store.commands.commandsOf(1, 9)).map(({ id, args, answer }) => [id, args, answer])).toEqual(
      since<unknown>(7, [
        ['c-2', { journal: 'j-2' }, { at: OLD_AT + 2, ok: true, code: null, detail: 'gone' }],
        ['c-1', { journal: 'j-1' }, null],
      ]),
    );
    const putAway = { terminalKey: 1, reportedAt: OLD_AT, journals: [] };
    expect(await store.commands.putAway()).toEqual(since(7, [putAway]));
    expect(await store.commands.countConflicts(1, OLD_EPOCH)).toBe(1);
  });

  it('has its audit unbroken, and goes on with it, with its votes and its decisions', async () => {
    const before = since(2, OLD_LINES);
    expect((await store.audit.entries({ limit: 9 })).map(({ action }) => action).reverse()).toEqual(before);
    expect(verifyAudit(home.file)).toMatchObject({ unbroken: true, entries: before.length });

    await addAccount(store.people, {
      ...{ name: 'new', displayName: '新', role: 'operator', unitId: 'town', passwordHash: 'x' },
      ...{ mustChangePassword: false, createdAt: OLD_AT, disabledAt: null },
    });
    const votes = [46, 7, 8].map((seq) => voteRecord({ journalKey: 1, seq, at: OLD_AT + seq }));
    expect(await outcomesOf(store.ledger.commit(batchOf({ votes })))).toEqual([
      'stored',
      'duplicate',
      'conflict',
    ]);
    await decide(store.review, (tx) => tx.closeJournal('t-1', OLD_EPOCH, OLD_AT));
    expect(verifyAudit(home.file)).toMatchObject({ unbroken: true, entries: before.length + 2 });
    const { damage, rollups, schemaVersion } = checkDatabase(home.file);
    expect({ damage, rollups, schemaVersion }).toMatchObject({
      damage: [],
      rollups: { checked: true, differing: 0 },
      schemaVersion: SCHEMA_VERSION,
    });
  });

  it('is brought up to date once, and then opened by whoever only reads', async () => {
    store.close();
    store = home.open();
    store.close();
    const reader = createSqliteReader(home.file);
    expect(await reader.org.units()).toHaveLength(2);
    reader.close();
    const db = new Database(home.file, { readonly: true });
    expect(db.pragma('foreign_key_check')).toEqual([]);
    expect(db.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    db.close();
    store = home.open();
  });
});
