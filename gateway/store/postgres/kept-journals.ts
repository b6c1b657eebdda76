/** What is kept of journals: what is stored of each, and what its terminal has said of it. */
import type { Counts } from '../../../protocol/vote.ts';
import type { Range } from '../../domain/seq-ranges.ts';
import type { Announcement, JournalStore } from '../journals.ts';
import {
  announcedSince,
  type JournalRow,
  journalOf,
  STORED_BY_ROLLUPS,
  selectJournals,
} from '../sql/ledger-terms.ts';
import type { Connection } from './connection.ts';
import { ACCOUNTED_RANGES } from './journals.ts';
import { arrayOf } from './numbers.ts';
import { createSettledReads, type SettledReads } from './settled-reads.ts';

const SELECT = selectJournals(STORED_BY_ROLLUPS, 'true');
/** In one statement: a vote that another gateway stores between two would pass for a lost one. */
const SELECT_ONE = `
  SELECT one.*, CASE
    WHEN satisfied + basically + unsatisfied = "lastSeq" AND quarantined = 0 AND "hasLost" = 0 THEN NULL
    ELSE (SELECT coalesce(json_agg(json_build_array(r."from", r."to")), '[]') FROM (${ACCOUNTED_RANGES}) AS r) END AS accounted
  FROM (${selectJournals(STORED_BY_ROLLUPS, 's.key = $1')}) AS one`;

const SAVE = `
  UPDATE sources s SET ${announcedSince((column) => `t.${column}`)}
  FROM unnest($1::int4[], $2::int4[], $3::int4[], $4::int4[], $5::int4[], $6::int4[], $7::int8[], $8::int8[])
    AS t (key, announced, satisfied, basically, unsatisfied, known_seq, known_at, floor_at)
  WHERE s.key = t.key`;

/**
 * What a gateway holds of a journal is what it acknowledges by: both reads have settled.
 * @param reading for all of them @param settled for one, which many ask for at once
 */
export function createJournalStore(
  reading: Connection,
  settled: SettledReads,
  saving: Connection,
): JournalStore {
  const settledOnReading = createSettledReads(reading);
  return {
    journals: async () =>
      (await settledOnReading((reads) => reads.rows<JournalRow>({ text: SELECT }))).map(journalOf),
    async journal(key) {
      type Row = JournalRow & { accounted: Range[] | null };
      const [row] = await settled((reads) => reads.rows<Row>({ text: SELECT_ONE, values: [key] }));
      return row && journalOf(row);
    },
    async saveAnnouncements(announcements) {
      if (announcements.length === 0) return;
      await saving.transaction(async (transaction) => {
        await transaction.rows({ text: SAVE, values: valuesOf(announcements) });
      });
    },
  };
}

function valuesOf(announcements: readonly Announcement[]): unknown[] {
  const totals = (rating: keyof Counts) => announcements.map((one) => one.totals?.[rating] ?? null);
  return [
    arrayOf(announcements.map(({ journalKey }) => journalKey)),
    arrayOf(announcements.map(({ announced }) => announced)),
    totals('satisfied'),
    totals('basically'),
    totals('unsatisfied'),
    arrayOf(announcements.map(({ known }) => known.seq)),
    announcements.map(({ known }) => known.at),
    announcements.map(({ floorAt }) => floorAt),
  ];
}
