/** Changes through several gateways at once, on servers that fail, stand still or follow. */
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { By } from '../../../gateway/store/changes.ts';
import type { AccountRecord } from '../../../gateway/store/people.ts';
import { readChain } from '../../support/audit-chain.ts';
import { addAccount, change } from '../../support/change-people.ts';
import { createPostgresHome, type OpenPorts, openPostgresPorts } from '../../support/port-homes.ts';
import { type Cluster, POSTGRES, startCluster } from '../../support/postgres.ts';
import { have } from '../../support/prerequisites.ts';
import { until } from '../../support/wait.ts';

const AT = 1_795_000_000_000;
const BY: By = { actor: { kind: 'cli', user: 'test' }, origin: 'local' };
const account = (name: string): AccountRecord => ({
  ...{ name, displayName: name, role: 'operator', unitId: null, passwordHash: 'x' },
  ...{ mustChangePassword: false, createdAt: AT, disabledAt: null },
});
type Home = Awaited<ReturnType<typeof createPostgresHome>>;

describe.runIf(have(POSTGRES))('changes through several gateways', () => {
  let cluster: Cluster;
  let home: Home;
  let here: OpenPorts;
  let there: OpenPorts;
  const others: pg.Client[] = [];
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster?.dispose());
  beforeEach(async () => {
    home = await createPostgresHome(cluster);
    here = await home.open();
    there = await home.open();
  });
  afterEach(async () => {
    for (const other of others.splice(0)) await other.end().catch(() => {});
    await Promise.all([here.close(), there.close()]);
    await home.dispose();
  });

  /** Somebody else at the same database. */
  const connect = async () => {
    const client = new pg.Client({ connectionString: home.address });
    client.on('error', () => {});
    await client.connect();
    others.push(client);
    return client;
  };
  const blocked = () =>
    until('a statement to wait for a lock', async () => {
      const rows = await home.rows(
        `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
      );
      return rows.length > 0;
    });
  const chain = () => readChain(home.rows, home.auditKey());
  const names = async (ports: OpenPorts) => (await ports.people.accounts()).map(({ name }) => name);

  it('come one after another: what is taken is taken, what is counted is not lost, and the chain is one', async () => {
    const both = [here, there];
    const taken = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        (both[index % 2] as OpenPorts).org.change(async (tx) => {
          await tx.addUnit({ id: `u-${index % 10}`, parentId: null, name: 'x' });
          return tx.audited({ by: BY, action: 'unit.add', target: { kind: 'data' } }, undefined);
        }),
      ),
    );
    const refused = taken.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    expect(refused).toHaveLength(10);
    for (const reason of refused) expect(reason).toMatchObject({ name: 'OrgRefusal', code: 'id-taken' });

    await addAccount(here.people, { ...account('tally'), displayName: '0' });
    const increments = Array.from({ length: 40 }, (_, index) =>
      change((both[index % 2] as OpenPorts).people, async (tx) => {
        const before = Number((await tx.account('tally'))?.displayName);
        await tx.changeAccount('tally', { displayName: String(before + 1) });
      }),
    );
    await Promise.all(increments);
    expect((await there.people.account('tally'))?.displayName).toBe('40');
    expect(await chain()).toHaveLength(10 + 1 + 40);
  });

  it('begin the chain once, whichever gateway is the first, and not where it was emptied', async () => {
    await Promise.all([here, there].map((ports, index) => addAccount(ports.people, account(`a${index}`))));
    expect(await chain()).toHaveLength(2);
    const owner = await connect();
    await owner.query(
      'ALTER TABLE audit DISABLE TRIGGER audit_no_change; DELETE FROM audit; DELETE FROM audit_head',
    );
    await addAccount(here.people, account('b'));
    await expect(chain()).rejects.toThrow('after row 0 comes row 2');
  });

  it('keep text that the database cannot hold, with signs that can be seen in place of what it has none for', async () => {
    await addAccount(here.people, { ...account('one'), displayName: 'a\0b \ud800 😀' });
    expect((await there.people.account('one'))?.displayName).toBe('a\u2400b \ufffd 😀');
    expect(await chain()).toHaveLength(1);
  });

  it('are tried again after a deadlock that was somebody else’s doing', async () => {
    await addAccount(here.people, account('one'));
    const other = await connect();
    await other.query(
      `SET deadlock_timeout = '60s'; BEGIN; SELECT FROM accounts WHERE name = 'one' FOR UPDATE`,
    );
    let attempts = 0;
    const changed = change(here.people, async (tx) => {
      attempts += 1;
      await tx.changeAccount('one', { displayName: 'changed' });
    });
    await blocked();
    const theirs = other.query('SELECT FROM audit_head FOR UPDATE');
    await theirs;
    expect(attempts).toBe(1);
    await other.query('ROLLBACK');
    await changed;
    expect(attempts).toBe(2);
    expect((await there.people.account('one'))?.displayName).toBe('changed');
    expect(await chain()).toHaveLength(2);
  });

  it('keep their connection after a refusal, which is no failure of it', async () => {
    await addAccount(here.people, account('one'));
    const backend = async () =>
      home.rows<{ pid: number }>(
        `SELECT pid FROM pg_stat_activity WHERE application_name = 'manyi changes' AND datname = current_database()`,
      );
    const before = await backend();
    expect(before).toHaveLength(1);
    for (let times = 0; times < 3; times++)
      await expect(addAccount(here.people, account('one'))).rejects.toMatchObject({ code: 'name-taken' });
    expect(await backend()).toEqual(before);
  });

  it('go on elsewhere when a gateway stands still in the middle of one, which is then undone or done again', async () => {
    let goOn: () => void = () => {};
    const standing = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let attempts = 0;
    const slow = change(here.people, async (tx) => {
      attempts += 1;
      await tx.addAccount(account('slow'));
      if (attempts === 1) await standing;
    });
    await until('it to hold the chain', async () => {
      const rows = await home.rows(
        `SELECT 1 FROM pg_stat_activity WHERE state = 'idle in transaction' AND datname = current_database()`,
      );
      return rows.length > 0;
    });
    await addAccount(there.people, account('quick'));
    expect(await names(there)).toEqual(['quick']);
    goOn();
    await slow;
    expect([attempts, await names(there)]).toEqual([2, ['quick', 'slow']]);
    expect((await chain()).map(({ seq }) => seq)).toEqual([1, 2]);
  });

  it('that were fulfilled are there after the server was killed, each with its line', async () => {
    let isOver = false;
    const fulfilled: string[] = [];
    const write = async (ports: OpenPorts, prefix: string) => {
      for (let number = 0; !isOver; number++) {
        const name = `${prefix}-${number}`;
        try {
          await addAccount(ports.people, account(name));
          fulfilled.push(name);
        } catch (error) {
          // A name that is taken was stored although nobody could be told.
          expect(error).toMatchObject({ code: expect.stringMatching(/^(database-|storage-|name-taken)/) });
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
    };
    const writers = [write(here, 'here'), write(there, 'there')];
    for (const least of [20, 60]) {
      await until('some to be stored', () => fulfilled.length >= least);
      await cluster.primary.kill();
      await cluster.primary.start();
    }
    const before = fulfilled.length;
    await until('both to go on', () => fulfilled.length >= before + 10);
    isOver = true;
    await Promise.all(writers);
    await home.dispose();
    const after = openPostgresPorts(home.address);
    const stored = new Set(await names(after));
    expect(fulfilled.filter((name) => !stored.has(name))).toEqual([]);
    await after.close();
    const rows = async <R>(sql: string) => {
      const client = await connect();
      client.setTypeParser(20, Number);
      return (await client.query(sql)).rows as R[];
    };
    // Each account has its line, and each line its account.
    expect(await readChain(rows, home.auditKey())).toHaveLength(stored.size);
  });
});

describe.runIf(have(POSTGRES))('changes with a standby', () => {
  let cluster: Cluster;
  let home: Home;
  let ports: OpenPorts;
  beforeAll(async () => {
    cluster = await startCluster({ standby: true });
    home = await createPostgresHome(cluster);
    ports = await home.open();
  });
  afterAll(async () => {
    cluster?.standby?.resume();
    await ports?.close();
    await home?.dispose();
    await cluster?.dispose();
  });
  const waitingForStandby = async () =>
    home.rows<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name = 'manyi changes'`,
    );

  it('are not told as done when somebody cancels the wait for it, nor by whoever finds them there', async () => {
    await addAccount(ports.people, account('before'));
    cluster.standby?.pause();
    const cancelled = addAccount(ports.people, account('half')).catch((error: unknown) => error);
    await until('it to wait for the standby', async () => (await waitingForStandby()).length === 1);
    await home.rows(`SELECT pg_cancel_backend(${(await waitingForStandby())[0]?.pid})`);
    expect(await cancelled).toMatchObject({ code: 'database-unreplicated' });
    // It can be seen here, and would be gone after a failover.
    let isTold = false;
    const found = ports.people
      .change(async (tx) => tx.unchanged((await tx.account('half')) !== undefined))
      .finally(() => {
        isTold = true;
      });
    await until('what was found to wait as well', async () => (await waitingForStandby()).length === 1);
    expect(isTold).toBe(false);
    cluster.standby?.resume();
    expect(await found).toBe(true);
    expect(await readChain(home.rows, home.auditKey())).toHaveLength(2);
  });
});
