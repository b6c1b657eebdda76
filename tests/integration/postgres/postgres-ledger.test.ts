/** The ledger against a server that is killed, frozen, in somebody else's hands, or not fit to be trusted. */
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPostgresLedger, type PostgresLedger } from '../../../gateway/store/postgres/ledger.ts';
import { migrate } from '../../../gateway/store/postgres/migrate.ts';
import type { Migration } from '../../../gateway/store/sql/migrations/flavour.ts';
import { BEGINNING, MIGRATIONS } from '../../../gateway/store/sql/migrations/index.ts';
import { batchOf, createPostgresHome, outcomesOf } from '../../support/ledger-home.ts';
import { compareRollups } from '../../support/ledger-recount.ts';
import { type Cluster, POSTGRES, startCluster } from '../../support/postgres.ts';
import { have } from '../../support/prerequisites.ts';
import { voteRecord } from '../../support/store.ts';
import { until } from '../../support/wait.ts';

const EPOCH = 'ab'.repeat(16);

describe.runIf(have(POSTGRES))('the ledger in PostgreSQL', () => {
  let cluster: Cluster;
  let home: Awaited<ReturnType<typeof createPostgresHome>>;
  let ledger: PostgresLedger;
  const others: pg.Client[] = [];
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster?.dispose());
  beforeEach(async () => {
    home = await createPostgresHome(cluster);
    ledger = createPostgresLedger({ address: home.address });
  });
  afterEach(async () => {
    for (const other of others.splice(0)) await other.end().catch(() => {});
    await ledger.close();
    await home.dispose();
  });

  const commitOf = (journalKey: number, ...seqs: number[]) =>
    outcomesOf(ledger.commit(batchOf({ votes: seqs.map((seq) => voteRecord({ journalKey, seq })) })));
  /** Somebody else at the same database. */
  const connect = async () => {
    const client = new pg.Client({ connectionString: home.address });
    client.on('error', () => {});
    await client.connect();
    others.push(client);
    return client;
  };
  const insert = (journalKey: number, seq: number) =>
    `INSERT INTO votes (at, mono, received_at, source_key, seq, window_key, boot_key, rating, clock)
     VALUES (1, 1, 1, ${journalKey}, ${seq}, 1, 1, 0, 0)`;
  const blocked = () =>
    until('a statement to wait for a lock', async () => {
      const rows = await home.rows(
        `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
      );
      return rows.length > 0;
    });

  describe('when the server is killed in the middle of commits', () => {
    it('has all that was acknowledged after its restart, and each vote once', async () => {
      const journals = await Promise.all([1, 2, 3, 4].map((terminal) => ledger.openJournal(terminal, EPOCH)));
      const target = 3_000;
      let failures = 0;
      /** Sends until all of it is acknowledged, as a terminal does. */
      const acknowledged = new Map(journals.map(({ key }) => [key, 0]));
      const writers = journals.map(async ({ key }) => {
        for (let from = 1; from <= target; ) {
          const seqs = Array.from({ length: 30 }, (_, index) => from + index);
          try {
            await commitOf(key, ...seqs);
          } catch (error) {
            expect(error).toMatchObject({ name: 'StoreFailure' });
            failures += 1;
            await new Promise((resolve) => setTimeout(resolve, 50));
            continue;
          }
          acknowledged.set(key, from + 29);
          from += 30;
        }
      });
      for (const least of [300, 1_200]) {
        await until('some to be stored', () => Math.min(...acknowledged.values()) >= least);
        await cluster.primary.kill();
        const before = new Map(acknowledged);
        await cluster.primary.start();
        for (const { key } of journals) {
          const [row] = await cluster.primary.sql<{ count: number }>(
            new URL(home.address.replace('@/', '@x/')).pathname.slice(1),
            `SELECT count(*)::int4 AS count FROM votes WHERE source_key = ${key} AND seq <= ${before.get(key)}`,
          );
          expect(row?.count).toBe(before.get(key));
        }
      }
      await Promise.all(writers);
      expect(failures).toBeGreaterThan(0);
      await home.dispose();
      home = { ...home, ...(await reconnect()) };
      for (const { key } of journals) expect(await ledger.accountedRanges(key)).toEqual([[1, target]]);
      const { kept, counted } = await compareRollups(home);
      expect(kept).toEqual(counted);
    });
    const reconnect = async () => {
      const client = await connect();
      client.setTypeParser(20, Number);
      return {
        rows: async <R>(sql: string) => (await client.query(sql)).rows as R[],
        dispose: async () => {},
      };
    };
  });

  it('says of a deadlock what it is, stores nothing of it, and goes on', async () => {
    const { key } = await ledger.openJournal(1, EPOCH);
    const other = await connect();
    await other.query(`SET deadlock_timeout = '60s'; BEGIN; ${insert(key, 2)}`);
    const commit = commitOf(key, 1, 2).catch((error) => error);
    await blocked();
    const theirs = other.query(insert(key, 1));
    expect(await commit).toMatchObject({ name: 'StoreFailure', code: 'database-interrupted' });
    await theirs;
    await other.query('ROLLBACK');
    expect(await commitOf(key, 1, 2)).toEqual(['stored', 'stored']);
  });

  it('waits for another who stores the same, and finds it there', async () => {
    const { key } = await ledger.openJournal(1, EPOCH);
    await commitOf(key, 1);
    const other = await connect();
    await other.query(`BEGIN; ${insert(key, 2)}`);
    const commit = commitOf(key, 2, 3);
    await blocked();
    await other.query('COMMIT');
    expect(await commit).toEqual(['conflict', 'stored']);
  });

  it('keeps the lanes apart, and the order within one, also of what touches several', async () => {
    const keys: number[] = [];
    while (new Set(keys.map(ledger.laneOf)).size < 3)
      keys.push((await ledger.openJournal(keys.length + 1, EPOCH)).key);
    const [slow, next, free] = [0, 1, 2].map((lane) =>
      keys.find((key) => ledger.laneOf(key) === [...new Set(keys.map(ledger.laneOf))][lane]),
    ) as [number, number, number];
    // So that the boot is known: who stores a new one is waited for by whoever says the same.
    for (const key of [slow, next, free]) await commitOf(key, 9);
    const other = await connect();
    await other.query(`BEGIN; ${insert(slow, 1)}`);
    const order: string[] = [];
    const said = (what: string) => () => void order.push(what);
    const first = commitOf(slow, 1, 2).then(said('slow'));
    const votes = [voteRecord({ journalKey: next, seq: 1 }), voteRecord({ journalKey: slow, seq: 3 })];
    const both = ledger.commit(batchOf({ votes })).then(said('both'));
    const after = commitOf(next, 2).then(said('after'));
    await blocked();
    await commitOf(free, 1).then(said('free'));
    await other.query('ROLLBACK');
    await Promise.all([first, both, after]);
    expect(order).toEqual(['free', 'slow', 'both', 'after']);
  });

  it('makes a new connection when somebody has ended the one it had', async () => {
    const { key } = await ledger.openJournal(1, EPOCH);
    const ends = () =>
      home.rows(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'manyi%'
        AND datname = current_database()`);
    await commitOf(key, 1);
    await ends();
    await until('the ledger to go on', () => commitOf(key, 2));
    const other = await connect();
    await other.query(`BEGIN; ${insert(key, 3)}`);
    const commit = commitOf(key, 3).catch((error) => error);
    await blocked();
    await ends();
    expect(await commit).toMatchObject({ name: 'StoreFailure', code: 'database-unreachable' });
    await other.query('ROLLBACK');
    expect(await commitOf(key, 1, 2, 3)).toEqual(['duplicate', 'duplicate', 'stored']);
  });

  it('gives up on a server that does not answer, connected or not', async () => {
    const hasty = createPostgresLedger({
      address: home.address,
      lanes: 1,
      commitTimeoutMs: 300,
      readTimeoutMs: 300,
      connectTimeoutMs: 300,
    });
    const { key } = await hasty.openJournal(1, EPOCH);
    const batch = batchOf({ votes: [voteRecord({ journalKey: key, seq: 1 })] });
    await until('a first read', () => hasty.countStored(key));
    cluster.primary.pause();
    try {
      for (let turn = 0; turn < 2; turn++) {
        await expect(hasty.commit(batch)).rejects.toMatchObject({ code: 'database-timeout' });
        await expect(hasty.countStored(key)).rejects.toMatchObject({ code: 'database-timeout' });
        await expect(hasty.rollups(0)[Symbol.asyncIterator]().next()).rejects.toMatchObject({
          code: 'database-timeout',
        });
      }
    } finally {
      cluster.primary.resume();
    }
    await until('the ledger to go on', () => hasty.commit(batch));
    expect(await ledger.countStored(key)).toMatchObject({ satisfied: 1 });
    await hasty.close();
  });

  it.each([
    ['database-unreachable', () => 'postgresql://nobody@127.0.0.1:1/nothing'],
    ['database-refused', () => cluster.primary.address('nothing')],
    ['database-refused', () => cluster.primary.address('postgres').replace('manyi@', 'nobody@')],
  ])('says %s where it cannot sign in', async (code, address) => {
    const lost = createPostgresLedger({ address: address() });
    await expect(lost.openJournal(1, EPOCH)).rejects.toMatchObject({ name: 'StoreFailure', code });
    await lost.close();
  });

  it('refuses a server whose word is no good', async () => {
    await cluster.primary.sql(
      'postgres',
      `CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`,
    );
    const latin = createPostgresLedger({ address: cluster.primary.address('latin') });
    await expect(latin.settle()).rejects.toMatchObject({ code: 'database-unsafe' });
    await latin.close();
    const set = async (value: 'on' | 'off') => {
      await cluster.primary.sql('postgres', `ALTER SYSTEM SET fsync = ${value}`);
      await cluster.primary.sql('postgres', 'SELECT pg_reload_conf()');
      await until('the setting', async () => {
        const [row] = await cluster.primary.sql('postgres', `SELECT current_setting('fsync') AS fsync`);
        return row?.fsync === value;
      });
    };
    await set('off');
    try {
      await expect(ledger.settle()).rejects.toMatchObject({ code: 'database-unsafe' });
    } finally {
      await set('on');
    }
    await ledger.settle();
  });

  it('lets no setting of the role turn a promise into less', async () => {
    const database = (await home.rows<{ name: string }>('SELECT current_database() AS name'))[0]?.name;
    for (const setting of [
      'synchronous_commit = off',
      'client_min_messages = error',
      'statement_timeout = 1',
      'default_transaction_isolation = serializable',
      'default_transaction_read_only = on',
    ])
      await home.rows(`ALTER DATABASE ${database} SET ${setting}`);
    const other = createPostgresLedger({ address: home.address });
    const { key } = await other.openJournal(1, EPOCH);
    const votes = Array.from({ length: 2_000 }, (_, index) =>
      voteRecord({ journalKey: key, seq: index + 1 }),
    );
    await other.commit(batchOf({ votes }));
    expect(await other.countStored(key)).toMatchObject({ satisfied: 2_000 });
    await other.close();
  });

  it('gives one key to all gateways that open a journal at once', async () => {
    const gateways = Array.from({ length: 4 }, () => createPostgresLedger({ address: home.address }));
    const opened = await Promise.all(
      gateways.map((gateway, shift) =>
        Promise.all(
          Array.from({ length: 50 }, (_, index) =>
            gateway.openJournal(1 + ((index + shift * 13) % 50), EPOCH),
          ),
        ),
      ),
    );
    const keys = new Map<number, Set<number>>();
    for (const { terminalKey, key } of opened.flat())
      keys.set(terminalKey, (keys.get(terminalKey) ?? new Set()).add(key));
    expect([...keys.values()].filter((of) => of.size !== 1)).toEqual([]);
    expect(new Set([...keys.values()].flatMap((of) => [...of])).size).toBe(50);
    await Promise.all(gateways.map((gateway) => gateway.close()));
  });

  it('stores large batches once that four gateways send at once, each in its own order', async () => {
    const { key } = await ledger.openJournal(1, EPOCH);
    const gateways = Array.from({ length: 4 }, () => createPostgresLedger({ address: home.address }));
    await commitOf(key, 1);
    for (let round = 0; round < 3; round++) {
      const votes = Array.from({ length: 4_000 }, (_, index) =>
        voteRecord({ journalKey: key, seq: 2 + round * 4_000 + index, at: (index % 20) * 900_000 }),
      );
      // Forwards, backwards, and from both sides: without one order of their own they would wait for each other in a ring.
      const orders = [votes, votes.toReversed(), halves(votes), halves(votes.toReversed())];
      const outcomes = await Promise.all(
        gateways.map((gateway, index) => outcomesOf(gateway.commit(batchOf({ votes: orders[index] ?? [] })))),
      );
      expect(outcomes.flat().filter((outcome) => outcome === 'stored')).toHaveLength(4_000);
      expect(outcomes.flat().filter((outcome) => outcome === 'duplicate')).toHaveLength(12_000);
    }
    const { kept, counted } = await compareRollups(home);
    expect(kept).toEqual(counted);
    await Promise.all(gateways.map((gateway) => gateway.close()));
  });

  it('keeps no more than a few conflicts of a vote, through however many gateways they come', async () => {
    const { key } = await ledger.openJournal(1, EPOCH);
    await commitOf(key, 1);
    const gateways = Array.from({ length: 4 }, () => createPostgresLedger({ address: home.address }));
    await Promise.all(
      gateways.map((gateway, index) =>
        gateway.commit(
          batchOf({
            votes: [1, 2, 3].map((n) => voteRecord({ journalKey: key, seq: 1, mono: 10 * index + n + 1 })),
          }),
        ),
      ),
    );
    expect(await home.rows('SELECT 1 FROM quarantine')).toHaveLength(4);
    await Promise.all(gateways.map((gateway) => gateway.close()));
  });

  it('takes words that its text cannot hold, and knows them again', async () => {
    const { key } = await ledger.openJournal(1, EPOCH);
    const votes = ['nul\0', 'half \ud800', 'whole 😀'].map((boot, index) =>
      voteRecord({ journalKey: key, seq: index + 1, boot }),
    );
    expect(await outcomesOf(ledger.commit(batchOf({ votes })))).toEqual(['stored', 'stored', 'stored']);
    expect(await outcomesOf(ledger.commit(batchOf({ votes })))).toEqual([
      'duplicate',
      'duplicate',
      'duplicate',
    ]);
    const record = { receivedAt: 1, reason: 'schema-invalid', terminalKey: 1, journalKey: null, seq: null };
    await ledger.commit(batchOf({ quarantine: [{ ...record, topic: 'a\0b', payload: '{"\0\udc00😀' }] }));
    expect(await home.rows('SELECT topic, payload FROM quarantine')).toEqual([
      { topic: 'a␀b', payload: '{"␀�😀' },
    ]);
    expect(
      (await home.rows<{ boot: string }>('SELECT boot FROM boots ORDER BY key'))
        .map(({ boot }) => boot)
        .sort(),
    ).toEqual(['half �', 'nul␀', 'whole 😀']);
  });

  it('counts with no number that JavaScript would round', async () => {
    const { key } = await ledger.openJournal(1, EPOCH);
    await commitOf(key, 1);
    await home.rows(`UPDATE votes SET mono = 9007199254740993`);
    await expect(commitOf(key, 1)).rejects.toMatchObject({ name: 'StoreFailure', code: 'storage-failed' });
  });

  it('reads rollups a page at a time, and leaves nothing open when the reader has enough', async () => {
    const { key } = await ledger.openJournal(1, EPOCH);
    const votes = Array.from({ length: 12_001 }, (_, index) =>
      voteRecord({ journalKey: key, seq: index + 1, at: index * 900_000 }),
    );
    for (let from = 0; from < votes.length; from += 4_000)
      await ledger.commit(batchOf({ votes: votes.slice(from, from + 4_000) }));
    const starts: number[] = [];
    for await (const { quarterStart } of ledger.rollups(900_000)) starts.push(quarterStart);
    expect(starts).toEqual(votes.slice(1).map(({ at }) => at));
    for await (const { quarterStart } of ledger.rollups(0)) if (quarterStart > 0) break;
    await until('the connection to end', async () => {
      const rows = await home.rows(`SELECT 1 FROM pg_stat_activity WHERE application_name = 'manyi rollups'`);
      return rows.length === 0;
    });
  });
});

const halves = <T>(of: readonly T[]): T[] => [...of.slice(of.length / 2), ...of.slice(0, of.length / 2)];

describe.runIf(have(POSTGRES))('the schema', () => {
  it('is made once by gateways that start at once, and refused when it is newer', async () => {
    const cluster = await startCluster();
    try {
      const address = cluster.primary.address(await cluster.createDatabase());
      await Promise.all(Array.from({ length: 4 }, () => migrate({ address })));
      const applied = () =>
        cluster.primary.sql('test_1', 'SELECT number, name FROM schema_migrations ORDER BY number');
      const names = ['beginning', ...MIGRATIONS.map(({ name }) => name)];
      expect(await applied()).toEqual(names.map((name, index) => ({ number: BEGINNING + index, name })));
      await cluster.primary.sql('test_1', `INSERT INTO schema_migrations VALUES (1000, 'of tomorrow')`);
      await expect(migrate({ address })).rejects.toMatchObject({ code: 'storage-newer' });
    } finally {
      await cluster.dispose();
    }
  });

  it('is brought up to date while a gateway of the version before takes votes and somebody reads them', async () => {
    const cluster = await startCluster();
    const home = await createPostgresHome(cluster);
    const ledger = createPostgresLedger({ address: home.address });
    const reader = new pg.Client({ connectionString: home.address });
    try {
      await reader.connect();
      const { key: journalKey } = await ledger.openJournal(1, EPOCH);
      await reader.query('BEGIN; SELECT count(*) FROM votes');
      const OF_TOMORROW: Migration = {
        name: 'of tomorrow',
        statements: ({ build, table, integer }) => [
          build.schema
            .alterTable('votes')
            .addColumn('mood', integer, (column) => column.notNull().defaultTo(0)),
          table('moods').addColumn('mood', integer),
        ],
      };
      const { address } = home;
      let isUpToDate = false;
      const migrating = migrate({ address }, [...MIGRATIONS, OF_TOMORROW]).then(() => {
        isUpToDate = true;
      });
      const waits: number[] = [];
      let seq = 0;
      const commit = async () => {
        seq += 1;
        const begun = performance.now();
        await ledger.commit(batchOf({ votes: [voteRecord({ journalKey, seq })] }));
        waits.push(performance.now() - begun);
      };
      // As long as somebody reads, the migration gives up and lets commits pass, again and again.
      await until('commits to have waited for it, and passed', async () => {
        await commit();
        return waits.filter((ms) => ms > 500).length >= 2;
      });
      expect(isUpToDate).toBe(false);
      expect(Math.max(...waits)).toBeLessThan(5_000);
      await reader.query('COMMIT');
      await until('the migration', async () => {
        await commit();
        return isUpToDate;
      });
      await migrating;
      await commit();
      expect(await home.rows('SELECT count(*) AS votes, sum(mood) AS moods FROM votes')).toEqual([
        { votes: seq, moods: 0 },
      ]);
    } finally {
      await reader.end();
      await ledger.close();
      await home.dispose();
      await cluster.dispose();
    }
  });
});
