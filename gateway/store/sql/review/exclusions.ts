/** Spans of votes that are not counted, and votes that are set to another time. None is removed by it. */
import { type RawBuilder, sql } from 'kysely';
import { QUARTER_MS } from '../../../domain/calendar.ts';
import type { ExcludedKeys } from '../../../domain/exclusions.ts';
import { OrgRefusal } from '../../failures.ts';
import type { Unjudged } from '../../ledger.ts';
import type { Excluded, Exclusion, ReviewReads, ReviewTx } from '../../review.ts';
import type { Queries } from '../sql-database.ts';
import { noteUnjudged } from '../unjudged.ts';
import type { Concern, Decided } from './decided.ts';
import { originKeyOf } from './origin.ts';
import { recountLeftOut, recountRollups, votesOf, type Within } from './recount.ts';
import { chunksOf } from './rows.ts';
import { terminalKeyOf } from './terminal.ts';

const exclusionsOn = (queries: Queries) =>
  queries
    .selectFrom('exclusions as e')
    .leftJoin('terminals as t', 't.key', 'e.terminal_key')
    .leftJoin('origins as o', 'o.key', 'e.origin_key')
    .leftJoin('windows as w', 'w.key', 'e.window_key')
    .select([
      'e.id',
      'e.terminal_key as terminalKey',
      'e.origin_key as originKey',
      'e.window_key as windowKey',
    ])
    .select(['t.id as terminalId', 'o.name as origin', 'o.unit_id as originUnit', 'w.id as windowId'])
    .select(['e.from_at as from', 'e.to_at as to', 'e.reason'])
    .select(['e.made_at as madeAt', 'e.made_by as madeBy', 'e.ended_at as endedAt']);

/** A system of the whole city has no unit. */
const exclusionOf = <Row extends { originUnit: string | null }>({ originUnit, ...row }: Row) => ({
  ...row,
  originUnit: originUnit === '' ? null : originUnit,
});

async function journalKeysOf(queries: Queries, terminalKey: number): Promise<number[]> {
  const rows = await queries
    .selectFrom('sources')
    .select('key')
    .where('terminal_key', '=', terminalKey)
    .orderBy('key')
    .execute();
  return rows.map(({ key }) => key);
}

export function exclusionReads(queries: Queries): Pick<ReviewReads, 'exclusions' | 'exclusionParts'> {
  return {
    async exclusionParts(which, { from, to }, atOnce) {
      const { terminalKey, originKey, windowKey } = await keysOf(queries, which);
      const journals = terminalKey === null ? [] : await journalKeysOf(queries, terminalKey);
      const sources = originKey === null ? journals : [originKey];
      const parts: Span[] = [];
      const among = sql.join(sources.length > 0 ? sources : [0]);
      const of = terminalKey === null && originKey === null ? sql`1 = 1` : sql`source_key IN (${among})`;
      const { rows } = await sql<{ quarter: number; rollups: number }>`
        SELECT quarter, count(*) AS rollups FROM rollups
        WHERE ${of} AND ${windowKey === null ? sql`1 = 1` : sql`window_key = ${windowKey}`}
          AND quarter >= ${sql.lit(Math.floor(from / QUARTER_MS))} AND quarter <= ${sql.lit(Math.floor((to - 1) / QUARTER_MS))}
        GROUP BY quarter ORDER BY quarter`.execute(queries);
      let [begin, together] = [from, 0];
      for (const { quarter, rollups } of rows) {
        if (together > 0 && together + Number(rollups) > atOnce) {
          const end = Math.max(begin, quarter * QUARTER_MS);
          parts.push({ from: begin, to: end });
          [begin, together] = [end, 0];
        }
        together += Number(rollups);
      }
      return [...parts, { from: begin, to }];
    },
    exclusions: async (): Promise<Exclusion[]> =>
      (await exclusionsOn(queries).orderBy('e.key').execute()).map(exclusionOf),
  };
}

export function exclusionWrites(
  queries: Queries,
  decided: Decided,
  concern: Concern,
): Pick<ReviewTx, 'exclude' | 'resizeExclusion' | 'endExclusion' | 'redate'> {
  return {
    exclude: ({ id, from, to, reason, madeAt, madeBy, ...which }) =>
      decided(async () => {
        const keys = await keysOf(queries, which);
        const { terminalKey, originKey, windowKey } = keys;
        const named = { terminal_key: terminalKey, origin_key: originKey, window_key: windowKey };
        await queries
          .insertInto('exclusions')
          .values({ id, ...named, from_at: from, to_at: to, reason, made_at: madeAt, made_by: madeBy })
          .execute();
        return recountSpan(queries, keys, { from, to }, concern);
      }),
    resizeExclusion: (id, to, how) =>
      decided(async () => {
        const found = await standing(queries, id);
        // Somebody else is at it, too, and further.
        if (how === 'longer' ? to <= found.to : to >= found.to) return 0;
        await queries.updateTable('exclusions').set({ to_at: to }).where('id', '=', id).execute();
        const changed = { from: Math.min(to, found.to), to: Math.max(to, found.to) };
        return recountSpan(queries, found, changed, concern);
      }),
    endExclusion: (id, at, to) =>
      decided(async () => {
        const found = await standing(queries, id);
        const was = to ?? found.to;
        await queries
          .updateTable('exclusions')
          .set({ ended_at: at, to_at: was })
          .where('id', '=', id)
          .execute();
        await recountSpan(queries, found, found, concern);
        return { ...exclusionOf(found), to: was, endedAt: at };
      }),
    redate: (terminalId, span, how) =>
      decided(async () => {
        const journals = await journalKeysOf(queries, await terminalKeyOf(queries, terminalId));
        if (journals.length === 0) return 0;
        const spans = await spansOf(queries, journals, span, how);
        for (const { windowKey } of spans) concern(windowKey);
        await noteUnjudged(queries, spans);
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

/** @throws OrgRefusal `terminal-unknown`, `origin-unknown`, `window-unknown` */
async function keysOf(queries: Queries, which: Excluded): Promise<ExcludedKeys> {
  const { terminalId, origin, windowId } = which;
  return {
    terminalKey: terminalId === undefined ? null : await terminalKeyOf(queries, terminalId),
    originKey: origin === undefined ? null : await originKeyOf(queries, origin),
    windowKey: windowId === undefined ? null : await windowKeyOf(queries, windowId),
  };
}

async function windowKeyOf(queries: Queries, id: string): Promise<number> {
  const row = await queries.selectFrom('windows').select('key').where('id', '=', id).executeTakeFirst();
  if (!row) throw new OrgRefusal('window-unknown', `there is no window ${id}: list the windows`);
  return row.key;
}

/** @throws OrgRefusal `exclusion-unknown`, `exclusion-ended` */
async function standing(queries: Queries, id: string) {
  const found = await exclusionsOn(queries).where('e.id', '=', id).executeTakeFirst();
  if (!found) throw new OrgRefusal('exclusion-unknown', `there is no exclusion ${id}: list them`);
  if (found.endedAt !== null)
    throw new OrgRefusal('exclusion-ended', `the exclusion ${id} has been taken back already`);
  return found;
}

/** Recounts what is kept of the span's votes. @returns how many they are */
async function recountSpan(
  queries: Queries,
  keys: ExcludedKeys,
  { from, to }: Span,
  concern: Concern,
): Promise<number> {
  const { windowKey } = keys;
  const within = {
    ...{ first: Math.floor(from / QUARTER_MS), last: Math.floor((to - 1) / QUARTER_MS) },
    windowKey,
  };
  const concerned = await sourcesOf(queries, keys, within);
  await recountLeftOut(queries, concerned, within);
  let votes = 0;
  for (const some of [concerned.filter((key) => key > 0), concerned.filter((key) => key < 0)])
    for (const chunk of chunksOf(some)) {
      const { rows } = await sql
        .raw<{ windowKey: number; votes: number }>(
          `SELECT v.window_key AS "windowKey", count(*) AS votes FROM ${votesOf(chunk, within)} AND v.at >= ${from} AND v.at < ${to}
           GROUP BY v.window_key`,
        )
        .execute(queries);
      for (const row of rows) {
        concern(row.windowKey);
        votes += Number(row.votes);
      }
    }
  return votes;
}

/** Journals and systems that may have votes of it. */
async function sourcesOf(
  queries: Queries,
  { terminalKey, originKey, windowKey }: ExcludedKeys,
  { first, last }: Within,
): Promise<number[]> {
  if (originKey !== null) return [originKey];
  if (terminalKey !== null) return journalKeysOf(queries, terminalKey);
  const rows = await queries
    .selectFrom('rollups')
    .select('source_key as key')
    .distinct()
    .where('window_key', '=', windowKey)
    .where('quarter', '>=', first)
    .where('quarter', '<=', last)
    .execute();
  return rows.map(({ key }) => key).sort((a, b) => a - b);
}

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
