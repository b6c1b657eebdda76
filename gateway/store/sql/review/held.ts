/** What waits in quarantine for a person, and what they decide. A released record is a vote like any other. */
import { type RawBuilder, sql } from 'kysely';
import type { HeldFilter, HeldRecord, HeldSummary, ReviewReads, ReviewTx } from '../../review.ts';
import { SENT_WELL } from '../ledger-terms.ts';
import type { Queries } from '../sql-database.ts';
import { noteUnjudged, unjudgedOf } from '../unjudged.ts';
import type { Concern, Decided } from './decided.ts';
import { recountLeftOut } from './recount.ts';
import { type Candidate, storeReleased } from './released.ts';
import { chunksOf } from './rows.ts';

type Decision = HeldRecord['decision'];
type Row = HeldRecord & { journalKey: number; windowKey: number };

/** Records that speak of a number of a journal: the others (malformed messages) account for nothing. */
const HELD =
  sql.raw(`quarantine q JOIN sources s ON s.key = q.source_key JOIN terminals t ON t.key = s.terminal_key
  WHERE q.source_key IS NOT NULL AND q.seq IS NOT NULL AND NOT (q.decision IS NULL AND ${SENT_WELL})`);
const COLUMNS =
  sql.raw(`q.key, q.received_at AS "receivedAt", q.reason, t.id AS "terminalId", s.epoch, q.seq, q.payload, q.decision,
  q.source_key AS "journalKey", t.window_key AS "windowKey"`);

function which(decision: Decision, { terminalId, reason, from, to }: HeldFilter): RawBuilder<unknown> {
  const conditions = [decision === null ? sql`q.decision IS NULL` : sql`q.decision = ${decision}`];
  if (terminalId !== undefined) conditions.push(sql`t.id = ${terminalId}`);
  if (reason !== undefined) conditions.push(sql`q.reason = ${reason}`);
  if (from !== undefined) conditions.push(sql`q.received_at >= ${from}`);
  if (to !== undefined) conditions.push(sql`q.received_at < ${to}`);
  return sql.join(conditions, sql` AND `);
}

async function select(
  queries: Queries,
  decision: Decision,
  filter: HeldFilter,
  limit = sql``,
): Promise<Row[]> {
  const newestFirst = sql<Row>`
    SELECT ${COLUMNS} FROM ${HELD} AND ${which(decision, filter)} ORDER BY q.key DESC ${limit}`;
  return (await newestFirst.execute(queries)).rows;
}

export function heldReads(queries: Queries): Pick<ReviewReads, 'heldSummary' | 'held'> {
  return {
    async heldSummary() {
      const summary = sql<HeldSummary>`
        SELECT t.id AS "terminalId", q.reason, count(*) AS count, min(q.received_at) AS "firstAt", max(q.received_at) AS "lastAt"
        FROM ${HELD} AND q.decision IS NULL GROUP BY t.id, q.reason ORDER BY count(*) DESC, t.id, q.reason`;
      return (await summary.execute(queries)).rows;
    },
    async held({ decision, ...filter }, limit) {
      const rows = await select(queries, decision ?? null, filter, sql`LIMIT ${limit}`);
      return rows.map(({ journalKey: _, windowKey: __, ...record }) => record);
    },
  };
}

export function heldWrites(
  queries: Queries,
  decided: Decided,
  concern: Concern,
): Pick<ReviewTx, 'release' | 'dismiss' | 'reconsider'> {
  const decideAll = (filter: HeldFilter, from: Decision, to: Decision, at: number | null) =>
    decided(async () => {
      const { numAffectedRows = 0n } = await sql`
        UPDATE quarantine SET decision = ${to}, decided_at = ${at}
        WHERE key IN (SELECT q.key FROM ${HELD} AND ${which(from, filter)})`.execute(queries);
      return Number(numAffectedRows);
    });
  return {
    release: (filter, at, parse) =>
      decided(async () => {
        const rows = await select(queries, null, filter);
        const candidates: Candidate[] = [];
        for (const row of rows) {
          const vote = parse(row);
          if (vote) candidates.push({ row, vote, windowKey: vote.windowKey ?? row.windowKey });
        }
        const stored = await storeReleased(queries, candidates);
        for (const { windowKey } of stored) concern(windowKey);
        await recountLeftOut(queries, [...new Set(stored.map(({ row }) => row.journalKey))]);
        await noteUnjudged(
          queries,
          unjudgedOf(stored.map(({ vote, windowKey }) => ({ windowKey, at: vote.at }))),
        );
        for (const some of chunksOf(stored))
          await queries
            .updateTable('quarantine')
            .set({ decision: 'released', decided_at: at })
            .where(
              'key',
              'in',
              some.map(({ row }) => row.key),
            )
            .execute();
        return {
          released: stored.length,
          taken: candidates.length - stored.length,
          unfit: rows.length - candidates.length,
        };
      }),
    dismiss: (filter, at) => decideAll(filter, null, 'dismissed', at),
    reconsider: (filter) => decideAll(filter, 'dismissed', null, null),
  };
}
