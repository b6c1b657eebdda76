/** What gateways on one database hear of each other: each vote once, in whatever order it is read and announced, and every gap noticed. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCalendar } from '../../../gateway/domain/calendar.ts';
import { readTreeThen } from '../../../gateway/scores/kept-tree-then.ts';
import { openScoreKeeper, type ScoreKeeper } from '../../../gateway/scores/score-keeper.ts';
import type { Corrected } from '../../../gateway/store/ledger.ts';
import type { StoredVote, Word } from '../../../gateway/store/neighbours.ts';
import { createNoticeSignature } from '../../../gateway/store/postgres/notice-signature.ts';
import { openPostgresStore, type PostgresStore } from '../../../gateway/store/postgres/postgres-store.ts';
import type { Store } from '../../../gateway/store/store.ts';
import { batchOf, createPostgresHome } from '../../support/ledger-home.ts';
import { type Cluster, POSTGRES, startCluster } from '../../support/postgres.ts';
import { have } from '../../support/prerequisites.ts';
import { createStoreHome, voteRecord } from '../../support/store.ts';
import { addSmallTown } from '../../support/tree.ts';
import { until } from '../../support/wait.ts';

const EPOCH = 'ab'.repeat(16);
const NOW = 1_795_000_000_000;
const calendar = createCalendar('Asia/Shanghai');

type Heard = {
  instance: string;
  store: Store;
  votes: StoredVote[];
  corrected: Corrected[];
  journals: number[];
  words: [from: string, word: Word][];
  missed: number;
};

describe.runIf(have(POSTGRES))('gateways on one PostgreSQL database', () => {
  let cluster: Cluster;
  let home: Awaited<ReturnType<typeof createPostgresHome>>;
  let gateways: Heard[];
  let nonsense = 0;
  const dataHome = createStoreHome();
  const dataDir = dataHome.file.replace(/\/[^/]+$/, '');

  const join = async (listener: Partial<Parameters<NonNullable<Store['neighbours']>['join']>[1]> = {}) => {
    const store = await openPostgresStore({
      ...{ address: home.address, dataDir, migrates: false },
      nonsense: () => {
        nonsense += 1;
      },
    });
    const one: Heard = {
      instance: randomUUID(),
      store,
      votes: [],
      corrected: [],
      journals: [],
      words: [],
      missed: 0,
    };
    await store.neighbours?.join(one.instance, {
      votes: (_commit, votes) => void one.votes.push(...votes),
      corrected: (_commit, corrected) => void one.corrected.push(...corrected),
      journals: (keys) => void one.journals.push(...keys),
      word: (from, word) => void one.words.push([from, word]),
      missed() {
        one.missed += 1;
      },
      ...listener,
    });
    gateways.push(one);
    return one;
  };
  const client = async () => {
    const opened = new pg.Client({ connectionString: home.address });
    await opened.connect();
    return opened;
  };
  const signatureOf = async ({ store }: Heard) =>
    createNoticeSignature((await (store as PostgresStore).keys.read('audit')) as Buffer);
  const said = ({ words }: Heard, from: Heard) =>
    words.filter(([instance]) => instance === from.instance).map(([, word]) => word);

  beforeAll(async () => {
    cluster = await startCluster();
  }, 60_000);
  afterAll(async () => {
    dataHome.dispose();
    await cluster?.dispose();
  });
  beforeEach(async () => {
    home = await createPostgresHome(cluster);
    gateways = [];
    nonsense = 0;
  });
  afterEach(async () => {
    for (const { store } of gateways) await store.close();
    await home.dispose();
  });

  it('hear each vote that another has stored, what else it has written of a journal, and its words in order', async () => {
    const [a, b] = [await join(), await join()];
    await addSmallTown(a.store, 2);
    const { key: journalKey } = await a.store.ledger.openJournal(1, EPOCH);
    const votes = Array.from({ length: 1_000 }, (_, at) =>
      voteRecord({ journalKey, seq: at + 1, at: NOW + at, rating: (at % 3) as 0 }),
    );
    await a.store.ledger.commit(batchOf({ votes }));
    await until('all of them to be heard', () => b.votes.length === votes.length);
    expect(b.votes).toEqual(
      votes.map(({ seq, windowKey, rating, at }) => ({ journalKey, seq, windowKey, rating, at })),
    );
    await a.store.ledger.commit(batchOf({ votes: votes.slice(0, 10) }));
    await a.store.ledger.commit(batchOf({ lost: [{ journalKey, range: [2_000, 2_001], at: NOW }] }));
    await until('the journal to be heard of', () => b.journals.length > 0);
    expect(b.journals).toEqual([journalKey]);
    for (let n = 0; n < 500; n++) a.store.neighbours?.tell({ n });
    await until('the words', () => said(b, a).length === 500);
    await until('its own', () => said(a, a).length === 500);
    expect(said(b, a)).toEqual(Array.from({ length: 500 }, (_, n) => ({ n })));
    expect(said(a, a)).toEqual(said(b, a));
    expect([a.missed, b.missed, a.votes.length, b.votes.length, nonsense]).toEqual([0, 0, 0, 1_000, 0]);
  });

  it('all hear the words of all in one order', async () => {
    const [a, b, c] = [await join(), await join(), await join()];
    for (let n = 0; n < 200; n++) for (const one of [a, b, c]) one.store.neighbours?.tell({ n });
    await until('all', () => [a, b, c].every(({ words }) => words.length === 600));
    expect(b.words).toEqual(a.words);
    expect(c.words).toEqual(a.words);
  });

  it('notice a notice that is lost, and take one that comes twice or late once', async () => {
    const b = await join();
    const other = await client();
    const { sign } = await signatureOf(b);
    const notify = (n: number, ...words: unknown[]) =>
      other.query('SELECT pg_notify($1, $2)', [
        'manyi',
        sign(JSON.stringify({ g: 'a', n, w: words.map((word) => ['word', word]) })),
      ]);
    await notify(7, 'first');
    await notify(8, 'second');
    await notify(8, 'second');
    await until('both', () => b.words.some(([, word]) => word === 'second'));
    expect(b.missed).toBe(0);
    await notify(10, 'fourth');
    await notify(9, 'third, late');
    await notify(11, 'fifth');
    await until('the last', () => b.words.some(([, word]) => word === 'fifth'));
    expect(b.words.filter(([from]) => from === 'a').map(([, word]) => word)).toEqual([
      'first',
      'second',
      'fourth',
      'fifth',
    ]);
    expect(b.missed).toBe(1);
    await other.end();
  });

  it('leave out what is no notice, and say so', async () => {
    const b = await join();
    const other = await client();
    const texts = [
      'nothing',
      '{}',
      '{"g":"a","n":0,"w":[]}',
      '{"g":"a","n":1,"w":[["votes","x",0,[]]]}',
      '{"g":"a","n":2,"w":[["votes","1",0,[[1,1,1,3,0]]]]}',
      '{"g":"a","n":3,"w":[["journals",["1"]]]}',
      '{"g":"a","n":5,"w":[["votes","1",1e300,[[1,1,1,0,0]]]]}',
      '{"g":"a","n":6,"w":[["votes","1",0,[[1,1,1,0,1e300]]]]}',
      '{"g":"a","n":7,"w":[["votes","1",0,[[0,1,1,0,0]]]]}',
      '{"g":"a","n":8,"w":[["votes","1",0,[[-2147483649,1,1,0,0]]]]}',
      '{"g":"a","n":9,"w":[["votes","1",0,[[1,1,-1,0,0]]]]}',
      '{"g":"a","n":10,"w":[["journals",[-1]]]}',
      `{"g":"${'a'.repeat(100)}","n":4,"w":[]}`,
    ];
    const { sign } = await signatureOf(b);
    for (const text of texts) await other.query('SELECT pg_notify($1, $2)', ['manyi', sign(text)]);
    await until('all of it', () => nonsense === texts.length);
    expect([b.votes, b.journals, b.words]).toEqual([[], [], []]);
    await other.end();
  });

  it('take no word of who may connect to the database and do nothing else there', async () => {
    const b = await join();
    const owner = await client();
    await owner.query(`CREATE ROLE stranger LOGIN`);
    const stranger = new pg.Client({ connectionString: home.address });
    await stranger.connect();
    await stranger.query('SET SESSION AUTHORIZATION stranger');
    await expect(stranger.query('SELECT FROM votes')).rejects.toThrow('permission denied');
    const votes = `{"g":"a","n":1,"w":[["votes","1",${NOW},[[1,1,1,0,0]]]]}`;
    for (const text of [votes, 'a'.repeat(22) + votes])
      await stranger.query('SELECT pg_notify($1, $2)', ['manyi', text]);
    await until('both', () => nonsense === 2);
    expect(b.votes).toEqual([]);
    await stranger.end();
    await owner.query('DROP ROLE stranger');
    await owner.end();
  });

  it('go on by themselves when their line is cut, and both sides notice', async () => {
    const [a, b] = [await join(), await join()];
    a.store.neighbours?.tell('before');
    await until('the word', () => said(b, a).length === 1);
    const other = await client();
    const cut = () =>
      other.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'manyi notices' AND datname = current_database()`,
      );
    await cut();
    a.store.neighbours?.tell('meanwhile');
    await until('both to have missed something', () => a.missed > 0 && b.missed > 0);
    a.store.neighbours?.tell('after');
    await until('the word', () => said(b, a).includes('after'));
    await other.end();
  });

  /** One vote is stored and heard of, the commit of another fails. */
  const failToCommit = async (a: Heard, b: Heard) => {
    await addSmallTown(a.store, 2);
    const { key: journalKey } = await a.store.ledger.openJournal(1, EPOCH);
    await a.store.ledger.commit(batchOf({ votes: [voteRecord({ journalKey, seq: 1, at: NOW })] }));
    await until('the vote', () => b.votes.length === 1);
    const other = await client();
    await other.query('BEGIN; LOCK TABLE votes IN ACCESS EXCLUSIVE MODE');
    const commit = a.store.ledger.commit(
      batchOf({ votes: [voteRecord({ journalKey, seq: 2, at: NOW + 1 })] }),
    );
    const failed = expect(commit).rejects.toThrow();
    await until('it to wait', async () => {
      const { rows } = await other.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
      );
      return rows.length > 0;
    });
    await failed;
    await other.query('ROLLBACK');
    await other.end();
    return journalKey;
  };

  it('read again when a commit was called failed, and may be stored all the same', async () => {
    const [a, b] = [await join(), await join()];
    const journalKey = await failToCommit(a, b);
    await a.store.ledger.commit(batchOf({ votes: [voteRecord({ journalKey, seq: 2, at: NOW + 1 })] }));
    await until('the vote', () => b.votes.length === 2);
    await until('the gap', () => b.missed === 1);
  });

  it('read again when the storage works again there, though no vote comes any more', async () => {
    const [a, b] = [await join(), await join()];
    await failToCommit(a, b);
    await a.store.upkeep.probe();
    await until('the gap', () => b.missed === 1);
  });

  it('read again when such a gateway ends', async () => {
    const [a, b] = [await join(), await join()];
    await failToCommit(a, b);
    await a.store.neighbours?.leave();
    await until('the gap', () => b.missed === 1);
  });

  it('count each vote once, whenever the scores are read', async () => {
    const keepers: ScoreKeeper[] = [];
    /** What comes while they are read is taken in afterwards. */
    let waiting: (() => void)[] | null = null;
    const listener = {
      votes(commit: string, votes: readonly StoredVote[]) {
        const act = () => keepers[0]?.storedElsewhere(commit, votes);
        if (waiting) waiting.push(act);
        else act();
      },
    };
    const [a, b] = [await join(), await join(listener)];
    await addSmallTown(a.store, 8);
    const now = () => NOW;
    const keeper = await openScoreKeeper({
      ...{ scores: b.store.scores, treeThen: readTreeThen(b.store.org), calendar, now },
    });
    keepers.push(keeper);
    const journals = await Promise.all(
      [1, 2, 3, 4].map(async (terminal) => (await a.store.ledger.openJournal(terminal, EPOCH)).key),
    );
    let isOver = false;
    let readings = 0;
    const reading = (async () => {
      while (!isOver) {
        waiting = [];
        await keeper.reload();
        const acts = waiting;
        waiting = null;
        for (const act of acts) act();
        readings += 1;
      }
    })();
    const PER_JOURNAL = 300;
    await Promise.all(
      journals.map(async (journalKey, index) => {
        for (let seq = 1; seq <= PER_JOURNAL; seq++)
          await a.store.ledger.commit(
            batchOf({ votes: [voteRecord({ journalKey, seq, windowKey: index + 1, at: NOW - seq })] }),
          );
      }),
    );
    isOver = true;
    await reading;
    const counts = () => journals.map((_, index) => keeper.book.counts(index + 1, 'today', NOW).satisfied);
    await until('all to be counted', () => counts().reduce((sum, count) => sum + count) >= 4 * PER_JOURNAL);
    expect(counts()).toEqual(journals.map(() => PER_JOURNAL));
    expect(journals.map((_, index) => keeper.book.counts(index + 1, '60m', NOW).satisfied)).toEqual(counts());
    expect(readings).toBeGreaterThan(3);
  });
});
