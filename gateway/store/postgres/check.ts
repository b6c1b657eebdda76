/**
 * Recounts what is kept beside the votes, beside gateways that run. A partition at a time, each in one statement and so of one moment:
 * what is open for long keeps the server from clearing away what is outdated, and rollups are outdated all the time. Journals that
 * differ are counted once more while no vote is stored, before they are called wrong.
 */
import { CompiledQuery, sql } from 'kysely';
import type { CheckReport, DatabaseCheck, NumberFault } from '../check.ts';
import { checkHistory } from '../sql/history/compare.ts';
import { createPlaceBook } from '../sql/history/place-book.ts';
import { checkBesideVotes, checkVotes } from '../sql/number-check.ts';
import {
  apartDifferences,
  type Compared,
  discountedDifferences,
  excludedDifferences,
  rollupDifferences,
} from '../sql/recount-terms.ts';
import { type Differences, readDifferences, turnsOf } from '../sql/rollup-repair.ts';
import type { Queries } from '../sql/sql-database.ts';
import { type Connection, createConnection } from './connection.ts';
import { ONE_MOMENT } from './history.ts';
import { assertMigrated, versionOf } from './migrate.ts';
import { PARTITIONS } from './migrations/ledger.ts';
import { queriesIn, queriesOn } from './queries.ts';
import { HOLD_VOTES } from './votes-lock.ts';

export type PostgresCheckOptions = {
  /** `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`, see `SessionOptions`. */
  address: string;
};

/** For one statement over a partition: the server is alive all the while, or its connection ends. */
const PART_MS = 60 * 60_000;
/** With the wait for what is under way. */
const LOOK_MS = 60_000;
/** Commits go first: one process, and memory for a partition of a few million votes; what is more goes to the disk. */
const GENTLY = `SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL work_mem = '64MB'`;

const SHOWN = 20;

const ofPart = (table: string, remainder: number) =>
  `(SELECT * FROM ${table} WHERE satisfies_hash_partition('votes'::regclass, ${PARTITIONS}, ${remainder}, source_key))`;

const part = (remainder: number): Compared => ({
  votes: `votes_${remainder}`,
  rollups: `rollups_${remainder}`,
  excluded: ofPart('excluded', remainder),
  discounted: ofPart('discounted', remainder),
  apart: ofPart('apart', remainder),
});

/** Connects when it is first asked. */
export function openPostgresCheck({ address }: PostgresCheckOptions): DatabaseCheck {
  const link = { address, label: 'manyi check', connectTimeoutMs: 5_000 };
  const reading = createConnection({ ...link, timeoutMs: PART_MS, begin: GENTLY });
  const looking = createConnection({ ...link, timeoutMs: LOOK_MS, begin: HOLD_VOTES });
  const comparing = createConnection({
    ...link,
    timeoutMs: PART_MS,
    begin: `${ONE_MOMENT}, READ ONLY; ${GENTLY}`,
  });
  const queries = eachByItself(reading);

  return {
    async check(progress) {
      const begun = performance.now();
      await assertMigrated(reading);
      const schemaVersion = await versionOf(reading);
      const { votes, suspects, numbers } = await readParts(queries, progress);
      const rollups = await confirm(queries, looking, suspects);
      const history = await checkHistory({
        places: createPlaceBook(),
        inOneMoment: (act) => comparing.transaction((transaction) => act(queriesIn(transaction))),
      });
      const durationMs = Math.round(performance.now() - begun);
      return { schemaVersion, damage: [], votes, rollups, numbers, history, durationMs };
    },
    async close() {
      await Promise.all([reading, looking, comparing].map((one) => one.close()));
    },
  };
}

/** Each statement in a transaction of its own, which is over with it. */
function eachByItself(connection: Connection): Queries {
  return queriesOn(async ({ sql: text, parameters: values }) => ({
    rows: await connection.transaction((transaction) => transaction.rows<never>({ text, values })),
  }));
}

async function readParts(queries: Queries, progress: (part: number) => void) {
  const sizes = await Promise.all(
    Array.from({ length: PARTITIONS }, async (_, remainder) => {
      const size = sql<{ bytes: number }>`SELECT pg_table_size(${part(remainder).votes}::regclass) AS bytes`;
      return (await size.execute(queries)).rows[0]?.bytes ?? 0;
    }),
  );
  const all = Math.max(
    1,
    sizes.reduce((sum, size) => sum + size, 0),
  );
  const suspects = new Set<number>();
  const faults = new Map<string, number>();
  const note = (more: readonly NumberFault[]) => {
    for (const { what, rows } of more) faults.set(what, (faults.get(what) ?? 0) + rows);
  };
  let votes = 0;
  let done = 0;
  for (const [remainder, size] of sizes.entries()) {
    const compared = part(remainder);
    for (const differences of [
      rollupDifferences(compared),
      excludedDifferences(compared),
      discountedDifferences(compared),
      apartDifferences(compared),
    ]) {
      const keys = `SELECT DISTINCT "journalKey" FROM (${differences}) AS differences`;
      const { rows } = await queries.executeQuery<{ journalKey: number }>(CompiledQuery.raw(keys));
      for (const { journalKey } of rows) suspects.add(journalKey);
    }
    const numbered = await checkVotes(queries, compared.votes);
    votes += numbered.votes;
    note(numbered.faults);
    done += size;
    progress(done / all);
  }
  note(await checkBesideVotes(queries));
  return { votes, suspects, numbers: [...faults].map(([what, rows]) => ({ what, rows })) };
}

/** What still differs when it is counted alone. */
async function confirm(
  queries: Queries,
  looking: Connection,
  suspects: ReadonlySet<number>,
): Promise<CheckReport['rollups']> {
  const journals = new Set<number>();
  const confirmed: CheckReport['rollups'] = { checked: true, differing: 0, journalKeys: [], examples: [] };
  for (const keys of await turnsOf(queries, [...suspects])) {
    const { rollups, leftOut } = await lookAt(looking, keys);
    confirmed.differing += rollups.length + leftOut.length;
    confirmed.examples.push(...rollups.slice(0, SHOWN - confirmed.examples.length));
    for (const { journalKey } of rollups) journals.add(journalKey);
    for (const key of leftOut) journals.add(key);
  }
  return { ...confirmed, journalKeys: [...journals] };
}

const lookAt = (looking: Connection, journalKeys: readonly number[]): Promise<Differences> =>
  looking.transaction((transaction) => readDifferences(queriesIn(transaction), journalKeys));
