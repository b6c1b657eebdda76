/** The audit against someone who can write the database: every way of changing it is done for real, and found. */
import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditHead } from '../../../gateway/store/audit-check.ts';
import type { AuditLine, By } from '../../../gateway/store/changes.ts';
import { auditKeyFile } from '../../../gateway/store/sqlite/audit-key.ts';
import { verifyAudit } from '../../../gateway/store/sqlite/audit-verify.ts';
import type { SqliteStore } from '../../../gateway/store/sqlite/sqlite-store.ts';
import { addAccount } from '../../support/change-people.ts';
import { createStoreHome, type StoreHome } from '../../support/store.ts';

const ROWS = 12;
let home: StoreHome;
let store: SqliteStore;

beforeEach(async () => {
  home = createStoreHome();
  store = home.open();
});
afterEach(() => {
  store.close();
  home.dispose();
});

const BY: By = { actor: { kind: 'account', name: 'wang' }, origin: '10.0.0.7' };
const line = (number: number): Omit<AuditLine, 'by'> => ({
  action: 'terminal.revoke',
  target: { kind: 'terminal', id: `t-${number}` },
  detail: { reason: `stolen, case ${number}` },
});
const appendTo = ({ audit }: SqliteStore, number: number) =>
  audit.change((tx) => tx.audited({ by: BY, ...line(number) }, undefined));
const append = async (from: number, to: number) => {
  for (let number = from; number <= to; number++) await appendTo(store, number);
};
const tamper = (sql: string, ...values: unknown[]) => {
  const db = new Database(home.file);
  db.exec('DROP TRIGGER IF EXISTS audit_no_update; DROP TRIGGER IF EXISTS audit_no_delete');
  if (values.length > 0) db.prepare(sql).run(...values);
  else db.exec(sql);
  db.close();
};
const headOf = (): AuditHead => {
  const verdict = verifyAudit(home.file);
  if (!verdict.unbroken) throw new Error(`broken: ${JSON.stringify(verdict.broken)}`);
  return verdict.head;
};
const forged = (seq: number) =>
  `INSERT INTO audit SELECT ${seq}, at, 'account:li', origin, action, target, detail, prior, hash FROM audit WHERE seq = 5`;

describe('an audit that nobody has touched', () => {
  it('is unbroken, from the first start on, and reads newest first', async () => {
    expect(verifyAudit(home.file)).toMatchObject({ unbroken: true, entries: 0, head: { seq: 0 } });
    await append(1, ROWS);
    expect(verifyAudit(home.file)).toMatchObject({
      unbroken: true,
      entries: ROWS,
      head: await store.audit.head(),
    });
    const [newest, second] = await store.audit.entries({ limit: 2 });
    expect([newest?.seq, second?.seq]).toEqual([ROWS, ROWS - 1]);
    expect(newest).toMatchObject({
      ...{
        actor: 'account:wang',
        origin: '10.0.0.7',
        action: 'terminal.revoke',
        target: `terminal:t-${ROWS}`,
      },
      ...{ detail: line(ROWS).detail, at: expect.any(Number) },
    });
  });

  it('stays one chain when several processes append in turn', async () => {
    const other = home.open();
    for (let number = 1; number <= 6; number++) {
      await appendTo(store, number);
      await appendTo(other, number);
    }
    other.close();
    expect(verifyAudit(home.file)).toMatchObject({ unbroken: true, entries: 12 });
  });

  it('contains every head that was written down', async () => {
    await append(1, 4);
    const known = headOf();
    await append(5, ROWS);
    expect(verifyAudit(home.file, known)).toMatchObject({ unbroken: true, entries: ROWS });
  });

  it('keeps its key for its owner only, and out of the database', async () => {
    await append(1, 3);
    const file = auditKeyFile(home.file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const key = readFileSync(file);
    expect(key).toHaveLength(32);
    store.close();
    expect(readFileSync(home.file).includes(key)).toBe(false);
    store = home.open();
    expect(readFileSync(file)).toEqual(key);
  });

  it('goes on from a start that was cut off before its key had its name', async () => {
    store.close();
    const key = auditKeyFile(home.file);
    copyFileSync(key, `${key}.new`);
    rmSync(key);
    store = home.open();
    await append(1, 2);
    expect([existsSync(key), existsSync(`${key}.new`)]).toEqual([true, false]);
    expect(verifyAudit(home.file)).toMatchObject({ unbroken: true, entries: 2 });
  });

  it('refuses to change or remove a row through the database', async () => {
    await append(1, 2);
    const db = new Database(home.file);
    expect(() => db.exec("UPDATE audit SET actor = 'gateway'")).toThrow('never changed');
    expect(() => db.exec('DELETE FROM audit')).toThrow('never removed');
    db.close();
  });
});

describe('an audit that somebody has changed', () => {
  it.each<[what: string, sql: string, kind: string, seq: number]>([
    ['another actor', "UPDATE audit SET actor = 'account:li' WHERE seq = 7", 'changed', 7],
    ['another time', 'UPDATE audit SET at = at + 1 WHERE seq = 1', 'changed', 1],
    ['another detail', `UPDATE audit SET detail = '{}' WHERE seq = ${ROWS}`, 'changed', ROWS],
    ['another hash', 'UPDATE audit SET hash = randomblob(32) WHERE seq = 7', 'changed', 7],
    ['another hash before it', "UPDATE audit SET prior = x'00' WHERE seq = 7", 'changed', 7],
    ['a row removed', 'DELETE FROM audit WHERE seq = 6', 'removed', 6],
    ['the first row removed', 'DELETE FROM audit WHERE seq = 1', 'removed', 1],
    [
      'rows removed and the others moved up',
      `DELETE FROM audit WHERE seq IN (6, 7); UPDATE audit SET seq = seq - 2 WHERE seq > 7`,
      'removed',
      6,
    ],
    ['the newest row removed', `DELETE FROM audit WHERE seq = ${ROWS}`, 'tail-cut', ROWS],
    ['half of it removed', 'DELETE FROM audit WHERE seq > 6', 'tail-cut', 7],
    ['all of it removed', 'DELETE FROM audit', 'tail-cut', 1],
    ['all of it removed with its end', 'DELETE FROM audit; DELETE FROM audit_head', 'tail-cut', 1],
    [
      'the end set back',
      `DELETE FROM audit WHERE seq > 6; UPDATE audit_head SET seq = 6, hash = (SELECT hash FROM audit WHERE seq = 6)`,
      'tail-cut',
      7,
    ],
    ['a row made up at the end', forged(ROWS + 1), 'inserted', ROWS + 1],
    [
      'a row copied to the end',
      `INSERT INTO audit SELECT ${ROWS + 1}, at, actor, origin, action, target, detail, prior, hash FROM audit WHERE seq = 5`,
      'inserted',
      ROWS + 1,
    ],
    ['a row below the first', forged(0), 'inserted', 0],
    [
      'a row put in between, the others moved down',
      `UPDATE audit SET seq = -seq - 1 WHERE seq > 5; UPDATE audit SET seq = -seq WHERE seq < 0; ${forged(6)}`,
      'inserted',
      6,
    ],
    [
      'two rows exchanged',
      'UPDATE audit SET seq = 99 WHERE seq = 5; UPDATE audit SET seq = 5 WHERE seq = 6; UPDATE audit SET seq = 6 WHERE seq = 99',
      'removed',
      5,
    ],
  ])('%s', async (_what, sql, kind, seq) => {
    await append(1, ROWS);
    tamper(sql);
    expect(verifyAudit(home.file)).toMatchObject({ unbroken: false, broken: { kind, seq } });
  });

  it('a whole chain made anew, with plain hashes in place of keyed ones', async () => {
    await append(1, 3);
    let prior = Buffer.alloc(32);
    for (let seq = 1; seq <= 3; seq++) {
      const hash = createHash('sha256').update(prior).update(`forged ${seq}`).digest();
      tamper("UPDATE audit SET actor = 'gateway', prior = ?, hash = ? WHERE seq = ?", prior, hash, seq);
      prior = hash;
    }
    tamper('UPDATE audit_head SET hash = ?, mac = ?', prior, createHash('sha256').update(prior).digest());
    expect(verifyAudit(home.file)).toMatchObject({ unbroken: false, broken: { kind: 'changed', seq: 1 } });
  });

  it('by someone who has the key, too, against a head that was written down elsewhere', async () => {
    await append(1, 5);
    const known = headOf();
    tamper('DELETE FROM audit; DELETE FROM audit_head');
    rmSync(auditKeyFile(home.file));
    store.close();
    store = home.open();
    await append(20, 30);
    expect(headOf().seq).toBe(11);
    expect(verifyAudit(home.file, known)).toMatchObject({
      unbroken: false,
      broken: { kind: 'changed', seq: 5 },
    });
  });

  it.each([
    ['the end changed', 'UPDATE audit_head SET seq = 3'],
    ['the end removed', 'DELETE FROM audit_head'],
    ['the newest rows removed', 'DELETE FROM audit WHERE seq > 4'],
    ['everything removed', 'DELETE FROM audit; DELETE FROM audit_head'],
  ])('still shows after more was written: %s', async (_what, sql) => {
    await append(1, 6);
    tamper(sql);
    store.close();
    store = home.open();
    await append(7, 9);
    expect(verifyAudit(home.file).unbroken).toBe(false);
    expect((await store.audit.entries({ limit: 3 })).map(({ target }) => target)).toEqual([
      'terminal:t-9',
      'terminal:t-8',
      'terminal:t-7',
    ]);
  });

  it('does nothing that needs an audit without the key, and makes no new one', async () => {
    await append(1, 2);
    store.close();
    rmSync(auditKeyFile(home.file));
    store = home.open();
    await expect(append(3, 3)).rejects.toMatchObject({ code: 'audit-key-missing' });
    expect(() => verifyAudit(home.file)).toThrow(expect.objectContaining({ code: 'audit-key-missing' }));
    expect(existsSync(auditKeyFile(home.file))).toBe(false);
    expect(await store.audit.entries({ limit: 9 })).toHaveLength(2);
  });

  it('is not begun anew beside accounts, when it was removed whole and its key with it', async () => {
    const account = { name: 'li', displayName: '李', role: 'administrator' as const, unitId: null };
    const secret = { passwordHash: 'x', mustChangePassword: false, createdAt: 1, disabledAt: null };
    await append(1, 2);
    await addAccount(store.people, { ...account, ...secret });
    store.close();
    rmSync(auditKeyFile(home.file));
    tamper('DELETE FROM audit; DELETE FROM audit_head');
    store = home.open();
    await expect(append(3, 3)).rejects.toMatchObject({ code: 'audit-key-missing' });
    expect(existsSync(auditKeyFile(home.file))).toBe(false);
  });

  it('is broken under a key that is not its own, and a key of the wrong length is said to be one', async () => {
    await append(1, 2);
    writeFileSync(auditKeyFile(home.file), randomBytes(32));
    expect(verifyAudit(home.file)).toMatchObject({ unbroken: false, broken: { kind: 'changed', seq: 1 } });
    writeFileSync(auditKeyFile(home.file), 'short');
    expect(() => verifyAudit(home.file)).toThrow(expect.objectContaining({ code: 'audit-key-damaged' }));
  });
});

it('verifies more rows than a page, and those written meanwhile', async () => {
  await append(1, 2_500);
  expect(verifyAudit(home.file)).toMatchObject({ unbroken: true, entries: 2_500 });
  tamper("UPDATE audit SET actor = 'account:li' WHERE seq = 1001");
  expect(verifyAudit(home.file)).toMatchObject({ broken: { kind: 'changed', seq: 1_001 } });
});
