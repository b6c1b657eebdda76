/** The way back after the storage has failed, on a real store: nothing stale is scored, and damage is not got over. */
import Database from 'better-sqlite3';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreFailure } from '../../../gateway/store/failures.ts';
import { checkDatabase } from '../../../gateway/store/sqlite/check.ts';
import type { SqliteStore } from '../../../gateway/store/sqlite/sqlite-store.ts';
import { createStorageGuard, type StorageGuard } from '../../../gateway/watch/storage-guard.ts';
import { batchOf } from '../../support/ledger-home.ts';
import { createStoreHome, type StoreHome, voteRecord } from '../../support/store.ts';
import { addSmallTown } from '../../support/tree.ts';

let home: StoreHome;
let store: SqliteStore;
let guard: StorageGuard;
let done: string[];

beforeEach(async () => {
  home = createStoreHome();
  store = home.open();
  await addSmallTown(store);
  const journalKey = (await store.ledger.openJournal(1, 'ab'.repeat(16))).key;
  await store.ledger.commit(batchOf({ votes: [1, 2, 3].map((seq) => voteRecord({ journalKey, seq })) }));
  done = [];
  guard = createStorageGuard({
    upkeep: store.upkeep,
    repair: async (journalKeys) => {
      const { differences } = await store.repairRollups(journalKeys, {
        actor: { kind: 'gateway' },
        origin: 'local',
      });
      return differences.length > 0;
    },
    file: home.file,
    log: pino({ level: 'silent' }),
    async exclusively(act) {
      done.push('alone');
      return act();
    },
    reload: async () => void done.push('reload'),
    publishStatus: (online) => void done.push(online ? 'online' : 'offline'),
  });
});
afterEach(() => {
  store.close();
  home.dispose();
});

const change = (sql: string) => {
  const db = new Database(home.file);
  db.exec(sql);
  db.close();
};
const votes = async () => {
  const found: number[][] = [];
  for await (const { counts } of store.ledger.rollups(0)) found.push(counts);
  return found;
};

describe('the guard of the storage', () => {
  it('says a failure once, and is green again after the first write that works', async () => {
    expect(guard.trouble()).toBeNull();
    guard.failed(new StoreFailure('storage-busy', 'held'));
    guard.failed(new StoreFailure('storage-full', 'later'));
    expect([guard.trouble(), done]).toEqual(['storage-busy', ['offline']]);
    await guard.recover();
    expect([guard.trouble(), done]).toEqual([null, ['offline', 'alone', 'online']]);
    await guard.recover();
    expect(done).toHaveLength(3);
  });

  it('names an error that is not of the storage, too', () => {
    guard.failed(new Error('unknown'));
    expect(guard.trouble()).toBe('storage-failed');
  });

  it('puts rollups right that a check has found wrong while votes were taken, and reads memory again', async () => {
    change('UPDATE rollups SET satisfied = 50');
    const report = checkDatabase(home.file);
    expect(report.rollups).toMatchObject({ checked: true, differing: 1, journalKeys: [1] });
    // Stored after the check, before the repair: it must be counted, too.
    await store.ledger.commit(batchOf({ votes: [voteRecord({ journalKey: 1, seq: 4 })] }));
    await guard.takeReport(report);
    expect(await votes()).toEqual([[4, 0, 0]]);
    expect(done).toEqual(['alone', 'reload']);
    expect((await store.audit.entries({ limit: 1 }))[0]).toMatchObject({
      action: 'rollups.repair',
      detail: { rows: 1, votesBefore: 51, votesAfter: 4 },
    });
    expect(checkDatabase(home.file).rollups.differing).toBe(0);
  });

  it('leaves alone what a check has found right', async () => {
    await guard.takeReport(checkDatabase(home.file));
    expect([
      done.includes('reload'),
      guard.trouble(),
      (await store.audit.entries({ limit: 1 })).filter(({ target }) => target !== 'data'),
    ]).toEqual([false, null, []]);
  });

  it('takes no more votes on a damaged database, whatever a probe says', async () => {
    await guard.takeReport({ ...checkDatabase(home.file), damage: ['page 7 is never used'] });
    expect([guard.trouble(), done]).toEqual(['storage-damaged', ['offline']]);
    await expect(guard.recover()).rejects.toThrow('manyi restore');
    expect(guard.trouble()).toBe('storage-damaged');
  });
});

describe('a store that is read again', () => {
  it('gives a journal that was never written one key, however often it is opened', async () => {
    const first = await store.ledger.openJournal(2, 'cd'.repeat(16));
    expect(await store.ledger.openJournal(2, 'cd'.repeat(16))).toEqual(first);
    await store.ledger.commit(batchOf({ votes: [voteRecord({ journalKey: first.key, seq: 1 })] }));
    expect((await store.journals.journals()).filter(({ terminalKey }) => terminalKey === 2)).toHaveLength(1);
  });
});
