/** What is kept of journals: what is stored of each, and what its terminal has said of it. */
import type { Counts } from '../../../protocol/vote.ts';
import type { Announcement, JournalStore, KeptJournal } from '../journals.ts';
import type { Connection } from './connection.ts';
import { arrayOf } from './numbers.ts';

/** A record of a journal that is there in full under the same number: what it speaks of came well after all. */
const SENT_WELL = `(q.claims = 1 AND EXISTS (SELECT FROM votes v WHERE v.source_key = q.source_key AND v.seq = q.seq))`;

/** Numbers in written-off ranges under which no vote is stored, and none is held. */
const WRITTEN_OFF = `
  SELECT l.source_key, sum(l.to_seq - l.from_seq + 1 - (
    SELECT count(*) FROM votes v WHERE v.source_key = l.source_key AND v.seq BETWEEN l.from_seq AND l.to_seq) - (
    SELECT count(*) FROM quarantine c WHERE c.source_key = l.source_key AND c.seq BETWEEN l.from_seq AND l.to_seq AND c.claims = 1
      AND NOT EXISTS (SELECT FROM votes v WHERE v.source_key = c.source_key AND v.seq = c.seq)))::int8 AS numbers
  FROM lost l WHERE l.written_off_at IS NOT NULL GROUP BY l.source_key`;

const SELECT = `
  SELECT s.key, s.terminal_key AS "terminalKey", s.epoch, s.announced,
    s.total_satisfied AS "totalSatisfied", s.total_basically AS "totalBasically", s.total_unsatisfied AS "totalUnsatisfied",
    coalesce(r.satisfied, 0)::int8 AS satisfied, coalesce(r.basically, 0)::int8 AS basically,
    coalesce(r.unsatisfied, 0)::int8 AS unsatisfied, coalesce(r.last_seq, 0) AS "lastSeq",
    coalesce(q.claims, 0)::int8 AS quarantined, EXISTS (SELECT FROM lost l WHERE l.source_key = s.key) AS "hasLost",
    coalesce(h.numbers, 0)::int8 AS held, coalesce(o.numbers, 0)::int8 AS "writtenOff",
    s.known_seq AS "knownSeq", s.known_at AS "knownAt", s.floor_at AS "floorAt", s.closed_at AS "closedAt"
  FROM sources s
  LEFT JOIN (
    SELECT source_key, sum(satisfied) AS satisfied, sum(basically) AS basically, sum(unsatisfied) AS unsatisfied,
      max(last_seq) AS last_seq FROM rollups GROUP BY source_key) r ON r.source_key = s.key
  LEFT JOIN (
    SELECT source_key, count(*) AS claims FROM quarantine c WHERE claims = 1
      AND NOT EXISTS (SELECT FROM votes v WHERE v.source_key = c.source_key AND v.seq = c.seq)
    GROUP BY source_key) q ON q.source_key = s.key
  LEFT JOIN (
    SELECT source_key, count(DISTINCT seq) AS numbers FROM quarantine q
    WHERE source_key IS NOT NULL AND seq IS NOT NULL AND decision IS NULL AND NOT ${SENT_WELL}
    GROUP BY source_key) h ON h.source_key = s.key
  LEFT JOIN (${WRITTEN_OFF}) o ON o.source_key = s.key
  ORDER BY s.key`;

const SAVE = `
  UPDATE sources s SET announced = greatest(s.announced, t.announced), total_satisfied = t.satisfied, total_basically = t.basically,
    total_unsatisfied = t.unsatisfied, known_seq = greatest(s.known_seq, t.known_seq), known_at = t.known_at, floor_at = t.floor_at
  FROM unnest($1::int4[], $2::int4[], $3::int4[], $4::int4[], $5::int4[], $6::int4[], $7::int8[], $8::int8[])
    AS t (key, announced, satisfied, basically, unsatisfied, known_seq, known_at, floor_at)
  WHERE s.key = t.key`;

type Row = Omit<KeptJournal, 'stored' | 'totals' | 'known'> &
  Counts & {
    totalSatisfied: number | null;
    totalBasically: number | null;
    totalUnsatisfied: number | null;
    knownSeq: number;
    knownAt: number | null;
  };

export function createJournalStore(reading: Connection, saving: Connection): JournalStore {
  return {
    journals: async () => (await reading.rows<Row>({ text: SELECT })).map(journalOf),
    async saveAnnouncements(announcements) {
      if (announcements.length === 0) return;
      await saving.transaction(async (transaction) => {
        await transaction.rows({ text: SAVE, values: valuesOf(announcements) });
      });
    },
  };
}

function journalOf(row: Row): KeptJournal {
  const { totalSatisfied, totalBasically, totalUnsatisfied, satisfied, basically, unsatisfied, ...kept } =
    row;
  const { knownSeq, knownAt, ...journal } = kept;
  const isTold = totalSatisfied !== null && totalBasically !== null && totalUnsatisfied !== null;
  return {
    ...journal,
    stored: { satisfied, basically, unsatisfied },
    totals: isTold
      ? { satisfied: totalSatisfied, basically: totalBasically, unsatisfied: totalUnsatisfied }
      : null,
    known: { seq: Math.max(knownSeq, journal.announced, journal.lastSeq), at: knownAt },
  };
}

function valuesOf(announcements: readonly Announcement[]): unknown[] {
  const totals = (rating: keyof Counts) => announcements.map((one) => one.totals?.[rating] ?? null);
  return [
    arrayOf(announcements.map(({ sourceKey }) => sourceKey)),
    arrayOf(announcements.map(({ announced }) => announced)),
    totals('satisfied'),
    totals('basically'),
    totals('unsatisfied'),
    arrayOf(announcements.map(({ known }) => known.seq)),
    announcements.map(({ known }) => known.at),
    announcements.map(({ floorAt }) => floorAt),
  ];
}
