/** A ledger whose commits wait for a standby: nothing is acknowledged that the loss of the primary would take. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { createPostgresLedger, type PostgresLedger } from '../../../gateway/store/postgres/ledger.ts';
import { batchOf, createPostgresHome, outcomesOf } from '../../support/ledger-home.ts';
import { type Cluster, POSTGRES, type Server, startCluster } from '../../support/postgres.ts';
import { have } from '../../support/prerequisites.ts';
import { voteRecord } from '../../support/store.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { until } from '../../support/wait.ts';

const EPOCH = 'ab'.repeat(16);

/** What has become of a promise, without waiting for it. */
function watch<T>(promise: Promise<T>) {
  const seen: { value?: T; error?: unknown; isOver: boolean } = { isOver: false };
  const done = promise.then(
    (value) => Object.assign(seen, { value, isOver: true }),
    (error) => Object.assign(seen, { error, isOver: true }),
  );
  return { seen, done };
}

/** Of the database. */
const nameOf = (address: string) => new URL(address.replace('@/', '@x/')).pathname.slice(1);

describe.runIf(have(POSTGRES))('a ledger with a synchronous standby', () => {
  let cluster: Cluster;
  let home: Awaited<ReturnType<typeof createPostgresHome>>;
  let ledger: PostgresLedger;
  let standby: Server;
  beforeAll(async () => {
    cluster = await startCluster({ standby: true });
    standby = cluster.standby as Server;
  });
  afterAll(() => cluster?.dispose());
  beforeEach(async () => {
    home = await createPostgresHome(cluster);
    ledger = createPostgresLedger({ address: home.address });
  });
  afterEach(async () => {
    standby.resume();
    await ledger.close();
    await home.dispose();
  });

  const waiting = () =>
    home.rows<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND datname = current_database()`,
    );
  const someoneWaits = () =>
    until('a commit to wait for the standby', async () => (await waiting()).length > 0);
  const cancelWaits = () =>
    home.rows(`SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'`);
  const commitOf = (journalKey: number, ...seqs: number[]) =>
    outcomesOf(ledger.commit(batchOf({ votes: seqs.map((seq) => voteRecord({ journalKey, seq })) })));
  /** A vote that is committed on the primary, visible, and nowhere else; the standby stands still. */
  const leaveUnreplicated = async (journalKey: number, seq: number) => {
    standby.pause();
    const refused = watch(commitOf(journalKey, seq));
    await someoneWaits();
    expect(await home.rows(`SELECT 1 FROM votes WHERE seq = ${seq}`)).toEqual([]);
    await cancelWaits();
    await refused.done;
    expect(refused.seen.error).toMatchObject({ name: 'StoreFailure', code: 'database-unreplicated' });
    expect(await home.rows(`SELECT 1 FROM votes WHERE seq = ${seq}`)).toHaveLength(1);
  };
  const onStandby = async (seq: number) => {
    const database = nameOf(home.address);
    return until('the standby to show it', async () => {
      const rows = await standby.sql(database, `SELECT 1 FROM votes WHERE seq = ${seq}`);
      return rows.length === 1;
    });
  };

  it('takes a cancelled wait for a failure, and a duplicate for stored only when the standby has it', async () => {
    const { key } = await ledger.openJournal(1, EPOCH);
    await leaveUnreplicated(key, 1);
    const again = watch(commitOf(key, 1));
    await someoneWaits();
    expect(again.seen.isOver).toBe(false);
    standby.resume();
    await again.done;
    expect(again.seen.value).toEqual(['duplicate']);
    await onStandby(1);
  });

  it('does not trust a transaction that writes nothing: it does not wait', async () => {
    const { key } = await ledger.openJournal(1, EPOCH);
    await leaveUnreplicated(key, 1);
    // What the ledger must not do: this answers while the standby stands still.
    await home.rows('BEGIN; INSERT INTO votes SELECT * FROM votes ON CONFLICT DO NOTHING; COMMIT');
    expect(await waiting()).toEqual([]);
  });

  it.each<[string, (key: number) => Promise<unknown>]>([
    ['accountedRanges', (key) => ledger.accountedRanges(key)],
    ['knownNumbers', (key) => ledger.knownNumbers(key, [1])],
    ['countStored', (key) => ledger.countStored(key)],
    ['openJournal', () => ledger.openJournal(1, EPOCH)],
    ['settle', () => ledger.settle()],
  ])('answers %s only when the standby has what it saw', async (_name, ask) => {
    const { key } = await ledger.openJournal(1, EPOCH);
    await leaveUnreplicated(key, 1);
    const asked = watch(ask(key));
    await someoneWaits();
    expect(asked.seen.isOver).toBe(false);
    standby.resume();
    await asked.done;
    expect(asked.seen.error).toBeUndefined();
    await onStandby(1);
  });

  it('takes a cancelled wait for a failure where a journal is opened, too', async () => {
    standby.pause();
    const refused = watch(ledger.openJournal(7, EPOCH));
    await someoneWaits();
    await cancelWaits();
    await refused.done;
    expect(refused.seen.error).toMatchObject({ code: 'database-unreplicated' });
    standby.resume();
    expect(await ledger.openJournal(7, EPOCH)).toMatchObject({ terminalKey: 7, epoch: EPOCH });
  });

  it('gives up in time, again and again, and leaves no heap of backends behind', async () => {
    const { key } = await ledger.openJournal(1, EPOCH);
    const hasty = createPostgresLedger({ address: home.address, lanes: 1, commitTimeoutMs: 400 });
    standby.pause();
    for (let turn = 0; turn < 6; turn++) {
      const commit = hasty.commit(batchOf({ votes: [voteRecord({ journalKey: key, seq: 1 })] }));
      await expect(commit).rejects.toMatchObject({ code: 'database-timeout' });
    }
    const backends = await home.rows(
      `SELECT 1 FROM pg_stat_activity WHERE application_name = 'manyi lane 0' AND datname = current_database()`,
    );
    expect(backends.length).toBeLessThanOrEqual(2);
    standby.resume();
    const last = await until('the ledger to go on', () =>
      outcomesOf(hasty.commit(batchOf({ votes: [voteRecord({ journalKey: key, seq: 1 })] }))),
    );
    expect(last).toEqual(['duplicate']);
    await hasty.close();
    expect(await ledger.countStored(key)).toMatchObject({ satisfied: 1 });
  });

  it('tells of a commit that was called failed only when its process has ended: it shows by then, or never will', async () => {
    const { key } = await ledger.openJournal(1, EPOCH);
    let told = 0;
    const hasty = createPostgresLedger({
      ...{ address: home.address, lanes: 1, commitTimeoutMs: 2_500 },
      announce: { stored() {}, corrected() {}, journals() {}, doubtful: () => void told++ },
    });
    standby.pause();
    const refused = watch(hasty.commit(batchOf({ votes: [voteRecord({ journalKey: key, seq: 1 })] })));
    const [{ pid }] = await until('it to wait for the standby', async () => {
      const rows = await waiting();
      return rows.length > 0 ? (rows as [{ pid: number }]) : undefined;
    });
    process.kill(pid, 'SIGSTOP');
    try {
      await refused.done;
      expect(refused.seen.error).toMatchObject({ code: 'database-timeout' });
      standby.resume();
      await expect(hasty.endDoubts()).rejects.toMatchObject({ code: 'database-interrupted' });
      expect(await home.rows('SELECT 1 FROM votes')).toEqual([]);
      expect(told).toBe(0);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await until('the doubt to end', () =>
      hasty.endDoubts().then(
        () => true,
        () => false,
      ),
    );
    expect(told).toBe(1);
    expect(await home.rows('SELECT 1 FROM votes')).toHaveLength(1);
    await hasty.close();
  });
});

describe.runIf(have(POSTGRES))('a primary that is lost', () => {
  it('does not vouch for what nobody else has, while the new one answers the next connection', async () => {
    const cluster = await startCluster({ standby: true });
    const home = await createPostgresHome(cluster);
    const { primary } = cluster;
    const standby = cluster.standby as Server;
    let leading = primary;
    const way = await startTcpProxy(() => leading.socketPath);
    const address = `postgresql://manyi@127.0.0.1:${way.port}/${nameOf(home.address)}`;
    const ledger = createPostgresLedger({ address, lanes: 1, readTimeoutMs: 2_000 });
    try {
      const { key } = await ledger.openJournal(1, EPOCH);
      expect(await ledger.knownNumbers(key, [1])).toMatchObject([{ isStored: false }]);
      standby.pause();
      const commit = watch(ledger.commit(batchOf({ votes: [voteRecord({ journalKey: key, seq: 1 })] })));
      await until('its wait to be cancelled', async () => {
        await home.rows(`SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'`);
        return commit.seen.isOver;
      });
      expect(commit.seen.error).toMatchObject({ code: 'database-unreplicated' });
      // What has come as far as its socket goes with it, and nobody sends it again before it leads.
      primary.pause();
      await standby.kill();
      await standby.start();
      await standby.sql('postgres', 'SELECT pg_promote()');
      expect(await standby.sql(nameOf(home.address), 'SELECT 1 FROM votes')).toEqual([]);
      leading = standby;
      primary.resume();
      await home.rows(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name LIKE 'manyi %' AND application_name <> 'manyi reads'`,
      );
      const answers = await until('the new one to be asked', async () => {
        const [answer] = await ledger.knownNumbers(key, [1]).catch(() => []);
        return answer === undefined ? undefined : [answer];
      });
      expect(answers, 'on the strength of the old one alone').toMatchObject([{ isStored: false }]);
    } finally {
      primary.resume();
      await ledger.close();
      await home.dispose();
      await cluster.dispose();
    }
  });

  it('takes nothing with it that was acknowledged', async () => {
    const cluster = await startCluster({ standby: true });
    const home = await createPostgresHome(cluster);
    const ledger = createPostgresLedger({ address: home.address });
    try {
      const journals = await Promise.all(
        Array.from({ length: 8 }, (_, terminal) => ledger.openJournal(terminal + 1, EPOCH)),
      );
      const acknowledged = new Map<number, number>();
      const writers = journals.map(async ({ key }) => {
        for (let from = 1; ; from += 20) {
          const votes = Array.from({ length: 20 }, (_, index) =>
            voteRecord({ journalKey: key, seq: from + index }),
          );
          try {
            await ledger.commit(batchOf({ votes }));
          } catch (error) {
            expect(error).toMatchObject({ name: 'StoreFailure' });
            return;
          }
          acknowledged.set(key, from + 19);
        }
      });
      await until(
        'votes in every journal',
        () => [...acknowledged.values()].filter((to) => to > 100).length === 8,
      );
      await cluster.primary.kill();
      await Promise.all(writers);
      const standby = cluster.standby as Server;
      await standby.sql('postgres', 'SELECT pg_promote()');
      const heir = createPostgresLedger({ address: standby.address(nameOf(home.address)) });
      for (const { key, terminalKey } of journals) {
        expect((await heir.openJournal(terminalKey, EPOCH)).key).toBe(key);
        const [first] = await heir.accountedRanges(key);
        expect(first?.[0]).toBe(1);
        expect(first?.[1]).toBeGreaterThanOrEqual(acknowledged.get(key) as number);
      }
      // What was on its way is sent again, and new journals get new keys.
      const { key } = journals[0] as { key: number };
      const to = (acknowledged.get(key) as number) + 20;
      const votes = Array.from({ length: to }, (_, index) => voteRecord({ journalKey: key, seq: index + 1 }));
      await heir.commit(batchOf({ votes }));
      expect(await heir.countStored(key)).toMatchObject({ satisfied: to });
      expect(journals.map((one) => one.key)).not.toContain((await heir.openJournal(99, EPOCH)).key);
      await heir.close();
    } finally {
      await ledger.close();
      await home.dispose();
      await cluster.dispose();
    }
  });
});
