/** Changes on SQLite's one connection, beside the tables that are called on it without waiting. */
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditLine, By } from '../../../gateway/store/changes.ts';
import type { AccountRecord } from '../../../gateway/store/people.ts';
import { createPeopleStore } from '../../../gateway/store/sql/people.ts';
import { verifyAudit } from '../../../gateway/store/sqlite/audit-verify.ts';
import { failure } from '../../../gateway/store/sqlite/database.ts';
import { createExclusive } from '../../../gateway/store/sqlite/exclusive.ts';
import { createSqliteSql } from '../../../gateway/store/sqlite/sql-dialect.ts';
import { createSqliteReader, type SqliteStore } from '../../../gateway/store/sqlite/sqlite-store.ts';
import { addAccount } from '../../support/change-people.ts';
import { batchOf } from '../../support/ledger-home.ts';
import { createStoreHome, exported, type StoreHome, voteRecord } from '../../support/store.ts';
import { addSmallTown } from '../../support/tree.ts';

const BY: By = { actor: { kind: 'cli', user: 'test' }, origin: 'local' };
const LINE: AuditLine = { by: BY, action: 'account.add', target: { kind: 'account', name: 'x' } };
const account = (name: string): AccountRecord => ({
  ...{ name, displayName: name, role: 'operator', unitId: null, passwordHash: 'x' },
  ...{ mustChangePassword: false, createdAt: 1, disabledAt: null },
});

/** That the tree was made. */
const LINES_OF_TOWN = 2;

let home: StoreHome;
let store: SqliteStore;
beforeEach(async () => {
  home = createStoreHome();
  store = home.open();
  await addSmallTown(store);
});
afterEach(() => {
  store.close();
  home.dispose();
});

describe('a change on the one connection', () => {
  it('keeps nothing of those who write beside it, and undoes nothing of theirs', async () => {
    const journalKey = (await store.ledger.openJournal(1, 'ab'.repeat(16))).key;
    const undone = Array.from({ length: 20 }, (_, at) =>
      store.people.change(async (tx) => {
        await tx.addAccount(account(`a${at}`));
        await tx.accounts();
        throw new Error('undone');
      }),
    );
    // Whoever goes on after a read does so while the next change begins.
    const written = Array.from({ length: 20 }, async (_, at) => {
      for (let step = 0; step < at; step++) await null;
      await store.people.accounts();
      for (let step = 0; step < at; step++) await null;
      await store.ledger.commit(batchOf({ votes: [voteRecord({ journalKey, seq: at + 1 })] }));
    });
    const outcomes = await Promise.allSettled([...undone, ...written]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      ...undone.map(() => 'rejected'),
      ...written.map(() => 'fulfilled'),
    ]);
    expect(await exported(store)).toHaveLength(20);
    expect(await store.people.accounts()).toEqual([]);
  });

  it('that awaits something else is undone, and holds nobody up', async () => {
    const slow = store.people.change(async (tx) => {
      await tx.addAccount(account('slow'));
      await new Promise((resolve) => void setTimeout(resolve, 20));
      await tx.addAccount(account('later'));
      return tx.audited(LINE, undefined);
    });
    const beside = store.people.accounts();
    await expect(slow).rejects.toThrow('may await nothing but its `tx`');
    expect(await beside).toEqual([]);
    await new Promise((resolve) => void setTimeout(resolve, 40));
    expect(await store.people.accounts()).toEqual([]);
    expect(await store.audit.entries({ limit: 9 })).toHaveLength(LINES_OF_TOWN);
  });

  it('that asks the store instead of its `tx` is undone, instead of waiting for itself', async () => {
    const confused = store.people.change(async (tx) => {
      await tx.addAccount(account('x'));
      await store.people.accounts();
      return tx.audited(LINE, undefined);
    });
    await expect(confused).rejects.toThrow('may await nothing but its `tx`');
    await addAccount(store.people, account('next'));
    expect((await store.people.accounts()).map(({ name }) => name)).toEqual(['next']);
  });

  it('writes nothing that it has not waited for', async () => {
    const forgotten: Promise<unknown>[] = [];
    await store.people.change(async (tx) => {
      const line = await tx.audited(LINE, undefined);
      // Its first statement may still be within; what is left of it is not.
      for (let at = 0; at < 10; at++) forgotten.push(tx.addAccount(account(`f${at}`)));
      return line;
    });
    const outcomes = await Promise.allSettled(forgotten);
    const kept = outcomes.filter(({ status }) => status === 'fulfilled').length;
    expect(kept).toBeLessThan(10);
    expect(await store.people.accounts()).toHaveLength(kept);
  });

  it('leaves one chain in the audit, whichever way each line came', async () => {
    const direct = () => store.audit.change((tx) => tx.audited(LINE, undefined));
    const other = home.open();
    const changes: Promise<unknown>[] = [];
    for (let at = 0; at < 30; at++) {
      changes.push(addAccount(store.people, account(`a${at}`)));
      if (at % 2 === 0) changes.push(direct());
      changes.push(store.people.accounts().then(direct));
      if (at % 3 === 0) changes.push(other.audit.change((tx) => tx.audited(LINE, undefined)));
    }
    await Promise.all(changes);
    other.close();
    const entries = LINES_OF_TOWN + 30 + 15 + 30 + 10;
    expect(verifyAudit(home.file)).toMatchObject({ unbroken: true, entries });
  });
});

describe('a reader of the file', () => {
  it('is refused by the database when it writes, with a code', async () => {
    await addAccount(store.people, account('x'));
    const reader = createSqliteReader(home.file);
    expect(await reader.people.accounts()).toHaveLength(1);
    await expect(addAccount(reader.people, account('y'))).rejects.toMatchObject({
      code: 'storage-read-only',
    });
    expect(await reader.people.accounts()).toHaveLength(1);
    reader.close();
  });
});

describe('a database that cannot grow', () => {
  it('is a failure of the storage, and the connection that is opened after it is used', async () => {
    let db = new Database(home.file);
    const people = createPeopleStore(
      createSqliteSql({
        connection: () => db,
        exclusive: createExclusive(),
        translate: failure,
        auditKey: () => Buffer.alloc(32),
      }),
      { now: () => 1, admit: () => {} },
    );
    await addAccount(people, account('before'));
    db.pragma(`max_page_count = ${db.pragma('page_count', { simple: true })}`);
    const large = { ...account('large'), displayName: 'x'.repeat(1_000_000) };
    await expect(addAccount(people, large)).rejects.toMatchObject({ code: 'storage-full' });
    expect(db.inTransaction).toBe(false);
    expect(await people.accounts()).toHaveLength(1);
    db.close();
    await expect(people.accounts()).rejects.toThrow();
    await expect(addAccount(people, account('closed'))).rejects.toThrow();
    db = new Database(home.file);
    await addAccount(people, large);
    expect(await people.accounts()).toEqual([account('before'), large]);
    db.close();
  });

  it('is waited for when another process writes, and told when that takes too long', async () => {
    const other = new Database(home.file);
    const db = new Database(home.file, { timeout: 50 });
    const people = createPeopleStore(
      createSqliteSql({
        connection: () => db,
        exclusive: createExclusive(),
        translate: failure,
        auditKey: () => Buffer.alloc(32),
      }),
      { now: () => 1, admit: () => {} },
    );
    other.exec('BEGIN IMMEDIATE');
    await expect(addAccount(people, account('x'))).rejects.toMatchObject({ code: 'storage-busy' });
    expect(await people.accounts()).toEqual([]);
    other.exec('ROLLBACK');
    await addAccount(people, account('x'));
    expect(await people.accounts()).toHaveLength(1);
    for (const one of [db, other]) one.close();
  });
});
