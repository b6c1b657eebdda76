/** What detectors look at, and how far they have looked. */
import { sql } from 'kysely';
import { CHANNELS } from '../../../../protocol/channel.ts';
import { VERDICTS } from '../../../../protocol/verdict.ts';
import { QUARTER_MS } from '../../../domain/calendar.ts';
import type { LookReads, PressSeen, ReviewsStore, VoteKey } from '../../reviews.ts';
import type { VerdictTables } from '../judging.ts';
import { requireHeld } from '../leases.ts';
import { chunksOf } from '../review/rows.ts';
import type { Queries, SqlDatabase } from '../sql-database.ts';
import { exclusionsWithin } from '../verdict-changes.ts';

/** The channels of what is pressed come first. */
const TOUCH = CHANNELS.indexOf('touch');
const IMPUTED = VERDICTS.indexOf('imputed');

type Row = { quarter: number } & Record<'a' | 'b' | 'c' | 'lessA' | 'lessB' | 'lessC', number>;

export function lookReads(queries: Queries, tables: VerdictTables): LookReads {
  return {
    async dueWindows(since, limit) {
      const { rows } = await sql<{ windowKey: number }>`
        SELECT w.key AS "windowKey" FROM windows w LEFT JOIN looked_windows l ON l.window_key = w.key
        WHERE coalesce(l.at, 0) < ${since} ORDER BY coalesce(l.at, 0), w.key LIMIT ${limit}`.execute(queries);
      return rows.map(({ windowKey }) => windowKey);
    },
    async quarters(windowKey, fromMs) {
      const first = Math.floor(fromMs / QUARTER_MS);
      const less = (table: 'discounted' | 'excluded') =>
        sql`SELECT x.quarter, 0, 0, 0, x.satisfied, x.basically, x.unsatisfied FROM ${tables.besideKept(table)}`;
      const { rows } = await sql<Row>`
        WITH kept AS MATERIALIZED (
          SELECT source_key, quarter, window_key, satisfied, basically, unsatisfied FROM rollups
          WHERE window_key = ${windowKey} AND quarter >= ${first})
        SELECT quarter, cast(sum(a) as int) AS a, cast(sum(b) as int) AS b, cast(sum(c) as int) AS c,
          cast(sum(x) as int) AS "lessA", cast(sum(y) as int) AS "lessB", cast(sum(z) as int) AS "lessC"
        FROM (
          SELECT quarter, satisfied AS a, basically AS b, unsatisfied AS c, 0 AS x, 0 AS y, 0 AS z FROM kept
          UNION ALL ${less('excluded')} UNION ALL ${less('discounted')}) AS parts
        GROUP BY quarter ORDER BY quarter`.execute(queries);
      return rows.map(({ quarter, a, b, c, lessA, lessB, lessC }) => ({
        quarterStart: quarter * QUARTER_MS,
        votes: [a, b, c],
        counted: [a - lessA, b - lessB, c - lessC],
      }));
    },
    async presses(windowKey, from, to) {
      const [{ votes: found } = { votes: [] }] = await tables.read(queries, [{ windowKey, from, to }]);
      const exclusions = await exclusionsWithin(queries, from, to);
      const received = await receivedOf(
        queries,
        found.filter(({ journalKey, channel }) => journalKey < 0 || channel > TOUCH),
      );
      return found.map(
        ({ journalKey, seq, terminalKey, channel, rating, at, verdict, byRules }): PressSeen => {
          const receivedAt = received.get(`${journalKey}/${seq}`);
          return {
            ...{ journalKey, seq, terminalKey, channel, rating, at },
            isCounted: verdict === 0 && !exclusions.excludes({ journalKey, windowKey, at }, terminalKey),
            record: receivedAt === undefined ? null : { receivedAt, isImputed: byRules === IMPUTED },
          };
        },
      );
    },
    daysLooked: (windowKey) =>
      queries
        .selectFrom('looked_days')
        .select(['day', 'seen'])
        .where('window_key', '=', windowKey)
        .orderBy('day')
        .execute(),
  };
}

/** Rules do not look at it, so it is read of those alone that need it; what lies between them is other windows'. */
async function receivedOf(queries: Queries, votes: readonly VoteKey[]): Promise<Map<string, number>> {
  const seqs = new Map<number, number[]>();
  for (const { journalKey, seq } of votes) {
    const known = seqs.get(journalKey);
    if (known) known.push(seq);
    else seqs.set(journalKey, [seq]);
  }
  const received = new Map<string, number>();
  for (const [journalKey, all] of seqs)
    for (const some of chunksOf(all)) {
      const rows = await queries
        .selectFrom('votes')
        .select(['seq', 'received_at as receivedAt'])
        .where('source_key', '=', journalKey)
        .where('seq', 'in', some)
        .execute();
      for (const { seq, receivedAt } of rows) received.set(`${journalKey}/${seq}`, receivedAt);
    }
  return received;
}

/** No person's change: it has no line in the audit. */
export const noteLooked =
  (database: SqlDatabase): ReviewsStore['noteLooked'] =>
  (looked, held) =>
    database.transaction(async (queries) => {
      await requireHeld(database, queries, held);
      for (const some of chunksOf(looked))
        await queries
          .insertInto('looked_windows')
          .values(some.map(({ windowKey, at }) => ({ window_key: windowKey, at })))
          .onConflict((conflict) =>
            conflict.column('window_key').doUpdateSet({ at: sql<number>`excluded.at` }),
          )
          .execute();
      const days = looked.flatMap(({ windowKey, days }) =>
        days.map(({ day, seen }) => ({ window_key: windowKey, day, seen })),
      );
      for (const some of chunksOf(days))
        await queries
          .insertInto('looked_days')
          .values(some)
          .onConflict((conflict) =>
            conflict.columns(['window_key', 'day']).doUpdateSet({ seen: sql<string>`excluded.seen` }),
          )
          .execute();
      for (const { windowKey, forgetBefore } of looked)
        await queries
          .deleteFrom('looked_days')
          .where('window_key', '=', windowKey)
          .where('day', '<', forgetBefore)
          .execute();
    });
