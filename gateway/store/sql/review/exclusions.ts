/** Spans of a terminal's votes that are not counted, and votes that are set to another time. None is removed by it. */
import { type RawBuilder, sql } from 'kysely';
import { OrgRefusal } from '../../failures.ts';
import type { Unjudged } from '../../ledger.ts';
import type { Exclusion, ReviewReads, ReviewTx } from '../../review.ts';
import type { Queries } from '../sql-database.ts';
import { noteUnjudged } from '../unjudged.ts';
import type { Decided } from './decided.ts';
import { recountLeftOut, recountRollups } from './recount.ts';
import { terminalKeyOf } from './terminal.ts';

const exclusionsOn = (queries: Queries) =>
  queries
    .selectFrom('exclusions as e')
    .innerJoin('terminals as t', 't.key', 'e.terminal_key')
    .select([
      'e.id',
      'e.terminal_key as terminalKey',
      't.id as terminalId',
      'e.from_at as from',
      'e.to_at as to',
      'e.reason',
      'e.made_at as madeAt',
      'e.made_by as madeBy',
      'e.ended_at as endedAt',
    ]);

async function journalKeysOf(queries: Queries, terminalKey: number): Promise<number[]> {
  const rows = await queries
    .selectFrom('sources')
    .select('key')
    .where('terminal_key', '=', terminalKey)
    .orderBy('key')
    .execute();
  return rows.map(({ key }) => key);
}

export function exclusionReads(queries: Queries): Pick<ReviewReads, 'exclusions'> {
  return { exclusions: (): Promise<Exclusion[]> => exclusionsOn(queries).orderBy('e.key').execute() };
}

export function exclusionWrites(
  queries: Queries,
  decided: Decided,
): Pick<ReviewTx, 'exclude' | 'endExclusion' | 'redate'> {
  return {
    exclude: ({ id, terminalId, from, to, reason, madeAt, madeBy }) =>
      decided(async () => {
        const terminalKey = await terminalKeyOf(queries, terminalId);
        const span = { terminal_key: terminalKey, from_at: from, to_at: to };
        await queries
          .insertInto('exclusions')
          .values({ id, ...span, reason, made_at: madeAt, made_by: madeBy })
          .execute();
        const journals = await journalKeysOf(queries, terminalKey);
        await recountLeftOut(queries, journals);
        if (journals.length === 0) return 0;
        const { votes } = await queries
          .selectFrom('votes')
          .where('source_key', 'in', journals)
          .where('at', '>=', from)
          .where('at', '<', to)
          .select(({ fn }) => fn.countAll<number>().as('votes'))
          .executeTakeFirstOrThrow();
        return Number(votes);
      }),
    endExclusion: (id, at) =>
      decided(async () => {
        const exclusion = await exclusionsOn(queries).where('e.id', '=', id).executeTakeFirst();
        if (!exclusion) throw new OrgRefusal('exclusion-unknown', `there is no exclusion ${id}: list them`);
        if (exclusion.endedAt !== null)
          throw new OrgRefusal('exclusion-ended', `the exclusion ${id} has been taken back already`);
        await queries.updateTable('exclusions').set({ ended_at: at }).where('id', '=', id).execute();
        await recountLeftOut(queries, await journalKeysOf(queries, exclusion.terminalKey));
        return { ...exclusion, endedAt: at };
      }),
    redate: (terminalId, span, how) =>
      decided(async () => {
        const journals = await journalKeysOf(queries, await terminalKeyOf(queries, terminalId));
        if (journals.length === 0) return 0;
        await noteUnjudged(queries, await spansOf(queries, journals, span, how));
        const changed = await (how === 'claimed'
          ? toClaimed(queries, journals, span)
          : shift(queries, journals, span, how));
        await recountRollups(queries, journals);
        await recountLeftOut(queries, journals);
        return changed;
      }),
  };
}

type Span = { from: number; to: number };

/** Of `votes`. */
const within = (journals: readonly number[], { from, to }: Span) =>
  sql`votes.source_key IN (${sql.join(journals)}) AND votes.at >= ${from} AND votes.at < ${to}`;

/** Where the votes are now, and where they will be. */
async function spansOf(
  queries: Queries,
  journals: readonly number[],
  span: Span,
  how: number | 'claimed',
): Promise<Unjudged[]> {
  const spans = async (at: RawBuilder<unknown>) => {
    const { rows } = await sql<Unjudged>`
      SELECT votes.window_key AS "windowKey", min(${at}) AS "from", max(${at}) AS "to"
      FROM votes LEFT JOIN datings d ON d.source_key = votes.source_key AND d.seq = votes.seq
      WHERE ${within(journals, span)} GROUP BY votes.window_key`.execute(queries);
    return rows;
  };
  const moved =
    how === 'claimed'
      ? sql`coalesce(d.claimed_at, votes.at)`
      : sql`CASE WHEN votes.at < ${-how} THEN 0 ELSE votes.at + ${how} END`;
  return [...(await spans(sql`votes.at`)), ...(await spans(moved))];
}

async function shift(queries: Queries, journals: readonly number[], span: Span, by: number): Promise<number> {
  // What the terminal itself has said is kept once, however often its votes are set to another time.
  await sql`
    INSERT INTO datings (source_key, seq, claimed_at)
    SELECT votes.source_key, votes.seq, votes.at FROM votes WHERE ${within(journals, span)}
    ON CONFLICT DO NOTHING`.execute(queries);
  const { numAffectedRows = 0n } = await sql`
    UPDATE votes SET at = CASE WHEN at < ${-by} THEN 0 ELSE at + ${by} END WHERE ${within(journals, span)}`.execute(
    queries,
  );
  return Number(numAffectedRows);
}

async function toClaimed(queries: Queries, journals: readonly number[], span: Span): Promise<number> {
  const claim = sql`FROM datings d WHERE d.source_key = votes.source_key AND d.seq = votes.seq`;
  const { numAffectedRows = 0n } = await sql`
    UPDATE votes SET at = (SELECT d.claimed_at ${claim})
    WHERE ${within(journals, span)} AND EXISTS (SELECT 1 ${claim} AND d.claimed_at <> votes.at)`.execute(
    queries,
  );
  return Number(numAffectedRows);
}
