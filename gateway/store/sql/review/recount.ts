/** Counts anew what is kept beside the votes of some journals. Call it where no vote is stored beside it (`holdVotes`). */
import { sql } from 'kysely';
import { QUARTER_MS } from '../../../domain/calendar.ts';
import { notingLate } from '../history/late.ts';
import { ALL, EXCLUDED } from '../history/sums.ts';
import { IN_EXCLUSION, IN_EXCLUSION_OF_NO_TERMINAL, OF_SYSTEM } from '../ledger-terms.ts';
import type { Queries } from '../sql-database.ts';
import { chunksOf } from './rows.ts';

/** Of votes `v`, beside what they are grouped by. */
const COUNTS = `sum(CASE WHEN v.rating = 0 THEN 1 ELSE 0 END), sum(CASE WHEN v.rating = 1 THEN 1 ELSE 0 END),
  sum(CASE WHEN v.rating = 2 THEN 1 ELSE 0 END)`;
const GROUPED = `v.source_key, v.at / ${QUARTER_MS}, v.window_key`;

export function recountRollups(queries: Queries, journalKeys: readonly number[]): Promise<void> {
  return notingLate(queries, { journalKeys, tables: 'rollups' }, async () => {
    for (const keys of chunksOf(journalKeys)) {
      await queries.deleteFrom('rollups').where('source_key', 'in', keys).execute();
      await sql`
        INSERT INTO rollups (source_key, quarter, window_key, satisfied, basically, unsatisfied, first_seq, last_seq, last_at)
        SELECT ${sql.raw(GROUPED)}, ${sql.raw(COUNTS)}, min(v.seq), max(v.seq), max(v.at)
        FROM votes v WHERE v.source_key IN (${sql.join(keys)}) GROUP BY 1, 2, 3`.execute(queries);
    }
  });
}

/** Quarters of an hour, both ends included, of all windows or one: what lies outside is left as it is. */
export type Within = { first: number; last: number; windowKey: number | null };

/** What of their votes is not counted, because people have excluded it or rules discount it; and what came otherwise than by a button. */
export function recountLeftOut(
  queries: Queries,
  journalKeys: readonly number[],
  within?: Within,
): Promise<void> {
  const recounted = { journalKeys, tables: 'left out', which: which(within) } as const;
  return notingLate(queries, recounted, async () => {
    // A system's votes are found by window and time, a journal's by its numbers.
    for (const isOf of [isJournal, isSystem])
      for (const keys of chunksOf(journalKeys.filter(isOf))) {
        await recountExcluded(queries, keys, within);
        await recountDiscounted(queries, keys, within);
        await recountApart(queries, keys, within);
      }
  });
}

const isJournal = (key: number) => key > 0;
const isSystem = (key: number) => key < 0;

const which = (within: Within | undefined): string => {
  if (within === undefined) return '';
  const { first, last, windowKey } = within;
  return `AND quarter BETWEEN ${first} AND ${last}${windowKey === null ? '' : ` AND window_key = ${windowKey}`}`;
};

/** All `v` of these, which are all journals or all systems: what stands after FROM, up to a condition. */
export function votesOf(keys: readonly number[], within?: Within): string {
  const among = `source_key IN (${keys.join(', ')})`;
  if (within === undefined) return `votes v WHERE v.${among}`;
  const { first, last, windowKey } = within;
  const then = `v.at >= ${first * QUARTER_MS} AND v.at < ${(last + 1) * QUARTER_MS}`;
  if (keys.some(isSystem))
    return `(SELECT key FROM windows ${windowKey === null ? '' : `WHERE key = ${windowKey}`}) w
      CROSS JOIN votes v WHERE ${OF_SYSTEM} AND v.${among} AND v.window_key = w.key AND ${then}`;
  const there = windowKey === null ? '' : ` AND v.window_key = ${windowKey}`;
  return `votes v WHERE v.${among} AND ${then}${there}`;
}

/** Of a vote `v` of these, which are all journals or all systems. */
const excludedAmong = (keys: readonly number[]) =>
  keys.some(isSystem) ? IN_EXCLUSION_OF_NO_TERMINAL : IN_EXCLUSION;

/** … which sum it is in besides that of all. */
const partAmong = (keys: readonly number[]) =>
  `CASE WHEN ${excludedAmong(keys)} THEN ${EXCLUDED} ELSE v.verdict END`;

const clear = (
  queries: Queries,
  table: string,
  keys: readonly number[],
  within: Within | undefined,
  some = '',
) =>
  sql
    .raw(`DELETE FROM ${table} WHERE source_key IN (${keys.join(', ')}) ${which(within)} ${some}`)
    .execute(queries);

async function recountApart(queries: Queries, keys: readonly number[], within?: Within): Promise<void> {
  // What is excluded changes nothing of how many there are.
  const isExcluding = within !== undefined;
  await clear(queries, 'apart', keys, within, isExcluding ? `AND part <> ${ALL}` : '');
  const part = partAmong(keys);
  const parts: [which: string, some: string][] = [[part, `AND ${part} <> ${ALL}`]];
  if (!isExcluding) parts.push([String(ALL), '']);
  for (const [which, some] of parts)
    await sql
      .raw(`
        INSERT INTO apart (source_key, quarter, window_key, channel, part, satisfied, basically, unsatisfied)
        SELECT ${GROUPED}, v.channel, ${which}, ${COUNTS} FROM ${votesOf(keys, within)} AND v.channel <> 0 ${some}
        GROUP BY 1, 2, 3, 4, 5`)
      .execute(queries);
}

async function recountDiscounted(queries: Queries, keys: readonly number[], within?: Within): Promise<void> {
  await clear(queries, 'discounted', keys, within);
  await sql
    .raw(`
      INSERT INTO discounted (source_key, quarter, window_key, verdict, satisfied, basically, unsatisfied)
      SELECT ${GROUPED}, v.verdict, ${COUNTS} FROM ${votesOf(keys, within)} AND v.verdict <> 0 AND NOT ${excludedAmong(keys)}
      GROUP BY 1, 2, 3, 4`)
    .execute(queries);
}

async function recountExcluded(queries: Queries, keys: readonly number[], within?: Within): Promise<void> {
  await clear(queries, 'excluded', keys, within);
  const concerned = await concernedAmong(queries, keys);
  if (concerned.length === 0) return;
  await sql
    .raw(`
      INSERT INTO excluded (source_key, quarter, window_key, satisfied, basically, unsatisfied)
      SELECT ${GROUPED}, ${COUNTS} FROM ${votesOf(concerned, within)} AND ${excludedAmong(keys)}
      GROUP BY 1, 2, 3`)
    .execute(queries);
}

/** Of which some votes may be excluded. */
async function concernedAmong(queries: Queries, keys: readonly number[]): Promise<number[]> {
  const holding = queries.selectFrom('exclusions').where('ended_at', 'is', null);
  const ofAnyone = await holding.where('window_key', 'is not', null).select('key').limit(1).execute();
  if (ofAnyone.length > 0) return [...keys];
  const ofTerminals = await queries
    .selectFrom('sources as s')
    .innerJoin('exclusions as e', 'e.terminal_key', 's.terminal_key')
    .where('s.key', 'in', keys)
    .where('e.ended_at', 'is', null)
    .select('s.key')
    .distinct()
    .execute();
  const ofSystems = await holding
    .where('origin_key', 'in', keys)
    .select('origin_key as key')
    .distinct()
    .execute();
  return [...ofTerminals, ...ofSystems].flatMap(({ key }) => key ?? []);
}
