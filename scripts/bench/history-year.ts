/**
 * A city's year in rollups and what is discounted and excluded beside them, written directly: what is read over long spans never looks at
 * votes, and 20 million of them would take longer to store than everything else. Only what comes late goes through the ledger.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import pg from 'pg';
import { QUARTER_MS } from '../../gateway/domain/calendar.ts';
import type { By } from '../../gateway/store/changes.ts';
import type { VoteRecord } from '../../gateway/store/ledger.ts';
import { openPostgresStore } from '../../gateway/store/postgres/postgres-store.ts';
import { createSqliteStore, databaseFile } from '../../gateway/store/sqlite/sqlite-store.ts';
import type { Store } from '../../gateway/store/store.ts';

export const YEAR_DAYS = 365;
export const DAY_QUARTERS = 96;
/** A local day of UTC+8 begins here in a UTC day; counters are open from 9 to 17, five days of seven. */
const LOCAL_DAY = 64;
const OPEN = { from: LOCAL_DAY + 36, end: LOCAL_DAY + 68 };
const OPEN_DAYS = [0, 1, 2, 3, 4];
const LATE = 200;
const [COUNTIES, TOWNSHIPS, WINDOWS] = [10, 170, 6_231];
/** Votes of a rollup on the average, by the terms below. */
const VOTES_A_ROW = 11 / 9;

export type HistoryYear = {
  store: Store;
  folder: string;
  keys: Record<'city' | 'counties' | 'townships' | 'windows', number[]>;
  /** The first quarter of an hour of the first local day. */
  fromQuarter: number;
  /** When the last of its quarters of an hour with votes ends. */
  endsAt: number;
  votes: number;
  voteLate(): Promise<void>;
  /** @returns the votes of all days. */
  groupRollups(): Promise<number>;
};

type Writer = {
  /** As the database has it done by itself, with the time of a year. */
  tidy: string;
  run(sql: string): Promise<void>;
  number(sql: string): Promise<number>;
  close(): Promise<void>;
};

export async function createSqliteYear(votes: number, say: (text: string) => void): Promise<HistoryYear> {
  const folder = mkdtempSync(join(tmpdir(), 'manyi-bench-history-'));
  const file = databaseFile(folder);
  const store: Store = createSqliteStore({ file });
  const db = new Database(file);
  db.pragma('synchronous = OFF');
  return createYear(store, folder, votes, say, {
    tidy: 'ANALYZE',
    run: async (sql) => void db.exec(sql),
    number: async (sql) => db.prepare(sql).pluck().get() as number,
    close: async () => void db.close(),
  });
}

export async function createPostgresYear(
  address: string,
  votes: number,
  say: (text: string) => void,
): Promise<HistoryYear> {
  const folder = mkdtempSync(join(tmpdir(), 'manyi-bench-history-'));
  const store = await openPostgresStore({ address, dataDir: folder, migrates: true });
  const client = new pg.Client({ connectionString: address });
  // It is ended with its server where something else has failed.
  client.on('error', () => {});
  await client.connect();
  await client.query('SET synchronous_commit = off');
  const number = async (sql: string) =>
    Number(Object.values((await client.query(sql)).rows[0] as Record<string, unknown>)[0]);
  return createYear(store, folder, votes, say, {
    tidy: 'VACUUM ANALYZE',
    run: async (sql) => void (await client.query(sql)),
    number,
    close: () => client.end(),
  });
}

async function createYear(
  store: Store,
  folder: string,
  wanted: number,
  say: (text: string) => void,
  writer: Writer,
): Promise<HistoryYear> {
  const keys = await plant(store);
  const today = Math.floor(Date.now() / QUARTER_MS / DAY_QUARTERS) * DAY_QUARTERS;
  const fromQuarter = today - (YEAR_DAYS + 1) * DAY_QUARTERS + LOCAL_DAY;
  const quarters: number[] = [];
  for (let day = 0; day < YEAR_DAYS; day++)
    // The last day is one on which counters are open.
    if (OPEN_DAYS.includes((YEAR_DAYS - 1 - day) % 7))
      for (let at = OPEN.from - LOCAL_DAY; at < OPEN.end - LOCAL_DAY; at++)
        quarters.push(fromQuarter + day * DAY_QUARTERS + at);
  const share = Math.round((wanted / VOTES_A_ROW / quarters.length / WINDOWS) * 1_000);
  await writer.run('DROP INDEX rollups_window');
  for (let at = 0; at < quarters.length; at += DAY_QUARTERS) {
    const some = quarters.slice(at, at + DAY_QUARTERS);
    await writer.run(`BEGIN; ${some.map((quarter) => rowsOf(quarter, share)).join(';')}; COMMIT`);
  }
  await writer.run('CREATE INDEX rollups_window ON rollups (window_key, quarter)');
  await writer.run(writer.tidy);
  const count = () => writer.number('SELECT sum(satisfied + basically + unsatisfied) FROM rollups');
  const last = quarters.at(-1) as number;
  const year: HistoryYear = {
    ...{ store, folder, keys, fromQuarter, endsAt: (last + 1) * QUARTER_MS, votes: await count() },
    async voteLate() {
      const journal = await store.ledger.openJournal(1, 'ab'.repeat(16));
      const late = Array.from({ length: LATE }, (_, number): VoteRecord => {
        const at = (last - 8 - (number % 20)) * QUARTER_MS;
        return {
          ...{ journalKey: journal.key, seq: number + 1, boot: 'b', mono: number, clock: 0, channel: 0 },
          ...{ windowKey: keys.windows[number] as number, rating: 0, at, receivedAt: at },
        };
      });
      const nothing = { quarantine: [], lost: [], corrections: [], unjudged: [] };
      await store.ledger.commit({ votes: late, ...nothing, keepsConflict: () => true });
      year.votes = await count();
    },
    groupRollups: () =>
      writer.number(`
        SELECT sum(votes) FROM (
          SELECT (quarter - ${fromQuarter}) / ${DAY_QUARTERS} AS day, sum(satisfied) AS a, sum(basically) AS b, sum(unsatisfied) AS c,
            sum(satisfied + basically + unsatisfied) AS votes
          FROM rollups WHERE window_key IN (SELECT key FROM windows)
            AND quarter >= ${fromQuarter} AND quarter < ${fromQuarter + YEAR_DAYS * DAY_QUARTERS} GROUP BY 1) AS days`),
  };
  const { close } = store;
  year.store = {
    ...store,
    async close() {
      await writer.close();
      await close();
    },
  };
  say(`  ${(year.votes / 1e6).toFixed(1)} million votes of ${WINDOWS} windows in rollups`);
  return year;
}

/** A share of all windows in thousandths, each with a journal of its own: 11 votes in 9 rows, 3 % discounted, 0.2 % excluded. */
function rowsOf(quarter: number, share: number): string {
  const [basically, unsatisfied] = [0, 1].map(
    (rest) => `CASE WHEN (w.key * 5 + ${quarter}) % 9 = ${rest} THEN 1 ELSE 0 END`,
  );
  const among = `FROM windows w WHERE (w.key * 7919 + ${quarter} * 313) % 1000 < ${share}`;
  const beside = (table: string, columns: string, values: string, which: string) =>
    `INSERT INTO ${table} (source_key, quarter, window_key, satisfied, basically, unsatisfied${columns})
     SELECT w.key, ${quarter}, w.key, 1, 0, 0${values} ${among} AND ${which}`;
  return [
    `INSERT INTO rollups (source_key, quarter, window_key, satisfied, basically, unsatisfied, first_seq, last_seq, last_at)
     SELECT w.key, ${quarter}, w.key, 1, ${basically}, ${unsatisfied}, 1, 1, ${quarter * QUARTER_MS} ${among}`,
    beside(
      'discounted',
      ', verdict',
      `, (w.key + ${quarter}) % 3 + 1`,
      `(w.key * 13 + ${quarter} * 7) % 33 = 0`,
    ),
    beside('excluded', '', '', `(w.key * 13 + ${quarter} * 7) % 500 = 1`),
  ].join(';');
}

async function plant(store: Store): Promise<HistoryYear['keys']> {
  const by: By = { actor: { kind: 'cli', user: 'bench' }, origin: 'local' };
  await store.org.change(async (tx) => {
    await tx.addUnit({ id: 'city', parentId: null, name: '基准市' });
    for (let at = 0; at < COUNTIES; at++)
      await tx.addUnit({ id: `c${at}`, parentId: 'city', name: `县${at}` });
    for (let at = 0; at < TOWNSHIPS; at++)
      await tx.addUnit({ id: `t${at}`, parentId: `c${at % COUNTIES}`, name: `镇${at}` });
    for (let at = 0; at < WINDOWS; at++)
      await tx.addWindow({ id: `w${at}`, unitId: `t${at % TOWNSHIPS}`, name: `窗口${at}` });
    return tx.audited({ by, action: 'unit.add', target: { kind: 'data' } }, undefined);
  });
  await store.fleet.change(async (tx) => {
    await tx.addTerminal({ id: 'late', windowId: 'w0' });
    return tx.audited({ by, action: 'terminal.add', target: { kind: 'data' } }, undefined);
  });
  const units = await store.org.units();
  const keysOf = (initial: string) => units.filter(({ id }) => id.startsWith(initial)).map(({ key }) => key);
  const city = units.filter(({ id }) => id === 'city').map(({ key }) => key);
  return {
    city,
    counties: keysOf('c').filter((key) => !city.includes(key)),
    townships: keysOf('t'),
    windows: (await store.org.windows()).map(({ key }) => key),
  };
}
