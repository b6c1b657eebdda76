/** What is still expected of a terminal's journals, and what a person has said is expected no longer. */
import { type RawBuilder, sql } from 'kysely';
import { SeqRanges } from '../../../domain/seq-ranges.ts';
import { OrgRefusal } from '../../failures.ts';
import type { KeptJournal } from '../../journals.ts';
import type { JournalRecord, ReviewReads, ReviewTx } from '../../review.ts';
import { type JournalRow, journalOf, selectJournals } from '../ledger-terms.ts';
import type { Queries } from '../sql-database.ts';
import type { Decided } from './decided.ts';
import { chunksOf } from './rows.ts';
import { terminalKeyOf } from './terminal.ts';

/** Its own votes are far fewer than the rollups of all, which SQLite has by time. */
const OF_TERMINAL = selectJournals(
  `SELECT source_key, sum(CASE WHEN rating = 0 THEN 1 ELSE 0 END) AS satisfied, sum(CASE WHEN rating = 1 THEN 1 ELSE 0 END) AS basically,
     sum(CASE WHEN rating = 2 THEN 1 ELSE 0 END) AS unsatisfied, max(seq) AS last_seq
   FROM votes WHERE source_key IN (SELECT key FROM sources WHERE terminal_key = ?)`,
  's.terminal_key = ?',
).split('?');

async function journalsOf(queries: Queries, terminalKey: number): Promise<KeptJournal[]> {
  const select = sql<JournalRow>`${sql.join(
    OF_TERMINAL.map((part) => sql.raw(part)),
    sql`${terminalKey}`,
  )}`;
  return (await select.execute(queries)).rows.map(journalOf);
}

type Numbers = { accounted: SeqRanges; lost: number };

/**
 * Of each journal, in one statement and so of one moment: what is accounted for, and how much of it only because it is lost.
 * @param which journals, as one selects their keys
 */
async function numbersOf(queries: Queries, which: RawBuilder<unknown>): Promise<Map<number, Numbers>> {
  // Islands of consecutive numbers: seq minus its rank is constant within one.
  const ranges = sql<{ journalKey: number; isLost: 0 | 1; from: number; to: number }>`
    SELECT source_key AS "journalKey", 0 AS "isLost", min(seq) AS "from", max(seq) AS "to" FROM (
      SELECT source_key, seq, seq - row_number() OVER (PARTITION BY source_key ORDER BY seq) AS island FROM (
        SELECT source_key, seq FROM votes WHERE source_key IN (${which})
        UNION SELECT source_key, seq FROM quarantine WHERE source_key IN (${which}) AND claims = 1) AS numbers) AS ranked
    GROUP BY source_key, island
    UNION ALL SELECT source_key, 1, from_seq, to_seq FROM lost WHERE source_key IN (${which})
    ORDER BY 1, 2, 3`;
  const found = new Map<number, Numbers>();
  for (const { journalKey, isLost, from, to } of (await ranges.execute(queries)).rows) {
    const numbers = found.get(journalKey) ?? { accounted: new SeqRanges(), lost: 0 };
    found.set(journalKey, numbers);
    const { size } = numbers.accounted;
    numbers.accounted.add(from, to);
    if (isLost === 1) numbers.lost += numbers.accounted.size - size;
  }
  return found;
}

const nothing = (): Numbers => ({ accounted: new SeqRanges(), lost: 0 });

export function journalReads(queries: Queries): Pick<ReviewReads, 'journals'> {
  return {
    async journals(terminalId) {
      const terminalKey = await terminalKeyOf(queries, terminalId);
      const journals = await journalsOf(queries, terminalKey);
      const numbers = await numbersOf(
        queries,
        sql`SELECT key FROM sources WHERE terminal_key = ${terminalKey}`,
      );
      return journals.map((journal): JournalRecord => {
        const { key, epoch, stored, lastSeq, announced, quarantined, held, writtenOff, known, closedAt } =
          journal;
        const { lost } = numbers.get(key) ?? nothing();
        const kept = { stored, lastSeq, announced, quarantined, held, lost, writtenOff };
        return { terminalId, epoch, ...kept, knownAt: known.at, closedAt };
      });
    },
  };
}

export function journalWrites(
  queries: Queries,
  decided: Decided,
): Pick<ReviewTx, 'closeJournal' | 'writeOff' | 'undoWriteOff'> {
  const one = async (terminalId: string, epoch: string): Promise<KeptJournal> => {
    const journals = await journalsOf(queries, await terminalKeyOf(queries, terminalId));
    const found = journals.find((journal) => journal.epoch === epoch);
    if (!found)
      throw new OrgRefusal('journal-unknown', `${terminalId} has no journal ${epoch}: list its journals`);
    return found;
  };
  return {
    closeJournal: (terminalId, epoch, at) =>
      decided(async () => {
        const { key } = await one(terminalId, epoch);
        await queries.updateTable('sources').set({ closed_at: at }).where('key', '=', key).execute();
      }),
    writeOff: (terminalId, epoch, at) =>
      decided(async () => {
        const journal = await one(terminalId, epoch);
        const { key } = journal;
        const { accounted, lost } = (await numbersOf(queries, sql`${key}`)).get(key) ?? nothing();
        const gaps = accounted.missing(Math.max(lastTold(journal), accounted.max), Number.POSITIVE_INFINITY);
        await queries
          .updateTable('lost')
          .set({ written_off_at: at })
          .where('source_key', '=', key)
          .where('written_off_at', 'is', null)
          .execute();
        for (const some of chunksOf(gaps)) {
          const rows = some.map(([from, to]) => ({ source_key: key, from_seq: from, to_seq: to }));
          const written = { noted_at: at, written_off_at: at, on_its_way: 1 };
          await queries
            .insertInto('lost')
            .values(rows.map((row) => ({ ...row, ...written })))
            .execute();
        }
        const onItsWay = gaps.reduce((sum, [from, to]) => sum + to - from + 1, 0);
        return { lost: lost - journal.writtenOff, onItsWay };
      }),
    undoWriteOff: (terminalId, epoch) =>
      decided(async () => {
        const { key, writtenOff } = await one(terminalId, epoch);
        await queries.deleteFrom('lost').where('source_key', '=', key).where('on_its_way', '=', 1).execute();
        await queries
          .updateTable('lost')
          .set({ written_off_at: null })
          .where('source_key', '=', key)
          .execute();
        return writtenOff;
      }),
  };
}

const lastTold = ({ announced, totals }: KeptJournal) =>
  Math.max(announced, totals ? totals.satisfied + totals.basically + totals.unsatisfied : 0);
