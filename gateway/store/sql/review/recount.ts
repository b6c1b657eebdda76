/** Counts anew what is kept beside the votes of some journals. Call it where no vote is stored beside it (`holdVotes`). */
import { sql } from 'kysely';
import { QUARTER_MS } from '../../../domain/calendar.ts';
import { notingLate } from '../history/late.ts';
import { ALL, EXCLUDED } from '../history/sums.ts';
import { IN_EXCLUSION } from '../ledger-terms.ts';
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

/** What of their votes is not counted, because people have excluded it or rules discount it; and what came otherwise than by a button. */
export function recountLeftOut(queries: Queries, journalKeys: readonly number[]): Promise<void> {
  return notingLate(queries, { journalKeys, tables: 'left out' }, async () => {
    await recountExcluded(queries, journalKeys);
    await recountDiscounted(queries, journalKeys);
    await recountApart(queries, journalKeys);
  });
}

/** Of a vote `v`: which sum it is in besides that of all. */
const PART = `CASE WHEN ${IN_EXCLUSION} THEN ${EXCLUDED} ELSE v.verdict END`;

async function recountApart(queries: Queries, journalKeys: readonly number[]): Promise<void> {
  for (const keys of chunksOf(journalKeys)) {
    await queries.deleteFrom('apart').where('source_key', 'in', keys).execute();
    for (const [part, which] of [
      [String(ALL), ''],
      [PART, `AND ${PART} <> ${ALL}`],
    ] as const)
      await sql`
        INSERT INTO apart (source_key, quarter, window_key, channel, part, satisfied, basically, unsatisfied)
        SELECT ${sql.raw(GROUPED)}, v.channel, ${sql.raw(part)}, ${sql.raw(COUNTS)} FROM votes v
        WHERE v.source_key IN (${sql.join(keys)}) AND v.channel <> 0 ${sql.raw(which)} GROUP BY 1, 2, 3, 4, 5`.execute(
        queries,
      );
  }
}

async function recountDiscounted(queries: Queries, journalKeys: readonly number[]): Promise<void> {
  for (const keys of chunksOf(journalKeys)) {
    await queries.deleteFrom('discounted').where('source_key', 'in', keys).execute();
    await sql`
      INSERT INTO discounted (source_key, quarter, window_key, verdict, satisfied, basically, unsatisfied)
      SELECT ${sql.raw(GROUPED)}, v.verdict, ${sql.raw(COUNTS)} FROM votes v
      WHERE v.source_key IN (${sql.join(keys)}) AND v.verdict <> 0 AND NOT ${sql.raw(IN_EXCLUSION)}
      GROUP BY 1, 2, 3, 4`.execute(queries);
  }
}

async function recountExcluded(queries: Queries, journalKeys: readonly number[]): Promise<void> {
  for (const keys of chunksOf(journalKeys)) {
    await queries.deleteFrom('excluded').where('source_key', 'in', keys).execute();
    const concerned = await queries
      .selectFrom('sources as s')
      .innerJoin('exclusions as e', 'e.terminal_key', 's.terminal_key')
      .where('s.key', 'in', keys)
      .where('e.ended_at', 'is', null)
      .select('s.key')
      .distinct()
      .execute();
    if (concerned.length === 0) continue;
    await sql`
      INSERT INTO excluded (source_key, quarter, window_key, satisfied, basically, unsatisfied)
      SELECT ${sql.raw(GROUPED)}, ${sql.raw(COUNTS)} FROM votes v
      WHERE v.source_key IN (${sql.join(concerned.map(({ key }) => key))}) AND ${sql.raw(IN_EXCLUSION)}
      GROUP BY 1, 2, 3`.execute(queries);
  }
}
