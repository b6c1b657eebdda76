/** The audit against someone who can write the database, whichever it is: what was done to it is done for real, and found. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditLine, By } from '../../gateway/store/changes.ts';
import { type OpenPorts, type PortsHome, portHomes } from '../support/port-homes.ts';

const ROWS = 12;
const BY: By = { actor: { kind: 'account', name: 'wang' }, origin: '10.0.0.7' };

const COLUMNS = 'at, actor, origin, action, target, detail, prior, hash';
const forged = (seq: number) =>
  `INSERT INTO audit SELECT ${seq}, ${COLUMNS.replace('actor', "'account:li'")} FROM audit WHERE seq = 5`;

const DONE: [what: string, sql: string, kind: string, seq: number][] = [
  ['another actor', `UPDATE audit SET actor = 'account:li' WHERE seq = 7`, 'changed', 7],
  ['another time', 'UPDATE audit SET at = at + 1 WHERE seq = 1', 'changed', 1],
  ['another detail', `UPDATE audit SET detail = '[]' WHERE seq = ${ROWS}`, 'changed', ROWS],
  ['another hash', 'UPDATE audit SET hash = prior WHERE seq = 7', 'changed', 7],
  ['another hash before it', 'UPDATE audit SET prior = hash WHERE seq = 7', 'changed', 7],
  ['a row removed', 'DELETE FROM audit WHERE seq = 6', 'removed', 6],
  ['the first row removed', 'DELETE FROM audit WHERE seq = 1', 'removed', 1],
  [
    'rows removed and the others moved up',
    'DELETE FROM audit WHERE seq IN (6, 7); UPDATE audit SET seq = 2 - seq WHERE seq > 7; UPDATE audit SET seq = -seq WHERE seq < 0',
    'removed',
    6,
  ],
  ['the newest row removed', `DELETE FROM audit WHERE seq = ${ROWS}`, 'tail-cut', ROWS],
  ['half of it removed', 'DELETE FROM audit WHERE seq > 6', 'tail-cut', 7],
  ['all of it removed', 'DELETE FROM audit', 'tail-cut', 1],
  ['all of it removed with its end', 'DELETE FROM audit; DELETE FROM audit_head', 'tail-cut', 1],
  [
    'the end set back',
    'DELETE FROM audit WHERE seq > 6; UPDATE audit_head SET seq = 6, hash = (SELECT hash FROM audit WHERE seq = 6)',
    'tail-cut',
    7,
  ],
  ['a row made up at the end', forged(ROWS + 1), 'inserted', ROWS + 1],
  [
    'a row copied to the end',
    `INSERT INTO audit SELECT ${ROWS + 1}, ${COLUMNS} FROM audit WHERE seq = 5`,
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
];

describe.each(portHomes())('the audit in %s', (_name, createHome) => {
  let home: PortsHome;
  let ports: OpenPorts;
  beforeEach(async () => {
    home = await createHome();
    ports = await home.open();
  });
  afterEach(async () => {
    await ports.close();
    await home.dispose();
  });
  const append = async (count: number) => {
    for (let number = 1; number <= count; number++)
      await ports.audit.change((tx) =>
        tx.audited(
          { by: BY, action: 'terminal.revoke', target: { kind: 'terminal', id: `t-${number}` } },
          undefined,
        ),
      );
  };
  const tamper = async (sql: string) => {
    await home.unguardAudit();
    for (const statement of sql.split(';')) await home.rows(statement);
  };

  it('holds from the first row on, also while it is written, and has every head that it ever had', async () => {
    await ports.audit.change(async (tx) => tx.unchanged(undefined));
    expect(await home.verifyAudit()).toMatchObject({ unbroken: true, entries: 0 });
    await append(3);
    const known = await ports.audit.head();
    let isOver = false;
    const writing = append(60).finally(() => {
      isOver = true;
    });
    let verified = 0;
    do {
      expect(await home.verifyAudit(known ?? undefined)).toMatchObject({ unbroken: true });
      verified += 1;
      // Whoever writes has a turn of its own.
      await new Promise((resolve) => setImmediate(resolve));
    } while (!isOver);
    await writing;
    expect(verified).toBeGreaterThan(1);
    const whole = await home.verifyAudit(known ?? undefined);
    expect(whole).toEqual({ unbroken: true, entries: 63, head: await ports.audit.head() });
  });

  it('holds over more rows than are read at once, and shows the one that does not', async () => {
    const lines = Array.from(
      { length: 1_003 },
      (_, index): AuditLine => ({
        ...{ by: BY, action: 'x', target: { kind: 'unit', id: `line ${index + 1}` } },
      }),
    );
    const [first, ...rest] = lines as [AuditLine, ...AuditLine[]];
    await ports.audit.change((tx) => tx.audited([first, ...rest], undefined));
    expect(await home.verifyAudit()).toMatchObject({ unbroken: true, entries: 1_003 });
    await tamper(`UPDATE audit SET target = 'another' WHERE seq = 1001`);
    const broken = { kind: 'changed', seq: 1_001 };
    expect(await home.verifyAudit()).toMatchObject({ unbroken: false, entries: 1_000, broken });
  });

  it.each(DONE)('shows %s', async (_what, sql, kind, seq) => {
    await append(ROWS);
    await tamper(sql);
    expect(await home.verifyAudit()).toMatchObject({ unbroken: false, broken: { kind, seq } });
  });

  it('shows that it is of another history than the head that was written down', async () => {
    await append(3);
    const { seq, hash } = (await ports.audit.head()) ?? { seq: 0, hash: '' };
    const verify = (known: { seq: number; hash: string }) => home.verifyAudit(known);
    expect(await verify({ seq, hash })).toMatchObject({ unbroken: true });
    expect(await verify({ seq, hash: 'ab'.repeat(32) })).toMatchObject({
      broken: { kind: 'changed', seq: 3 },
    });
    expect(await verify({ seq: 9, hash })).toMatchObject({ broken: { kind: 'tail-cut', seq: 4 } });
  });
});
