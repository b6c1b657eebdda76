/** What is asked of the ledger's tables in more than one place, in SQL that both databases understand. */
import type { Counts } from '../../../protocol/vote.ts';
import { QUARTER_MS } from '../../domain/calendar.ts';
import type { KeptJournal } from '../journals.ts';

/** Of a vote `v`: a person has excluded it as its terminal's, and has not taken that back. */
export const IN_EXCLUSION_OF_TERMINAL = `EXISTS (
  SELECT 1 FROM sources s JOIN exclusions e ON e.terminal_key = s.terminal_key
  WHERE s.key = v.source_key AND e.ended_at IS NULL AND v.at >= e.from_at AND v.at < e.to_at)`;

/** … as its window's, or its system's. */
export const IN_EXCLUSION_OF_NO_TERMINAL = `(
  EXISTS (SELECT 1 FROM exclusions e WHERE e.window_key = v.window_key AND e.origin_key IS NULL
    AND e.ended_at IS NULL AND v.at >= e.from_at AND v.at < e.to_at)
  OR (v.source_key < 0 AND EXISTS (SELECT 1 FROM exclusions e WHERE e.origin_key = v.source_key
    AND (e.window_key IS NULL OR e.window_key = v.window_key)
    AND e.ended_at IS NULL AND v.at >= e.from_at AND v.at < e.to_at)))`;

/** … as anybody's. */
export const IN_EXCLUSION = `(${IN_EXCLUSION_OF_TERMINAL} OR ${IN_EXCLUSION_OF_NO_TERMINAL})`;

/**
 * A vote `v` came from a system: it is in the index by system, window and time. A system's numbers lie among those of all its windows,
 * and its rollups name none of its votes: so what is asked of a span reads that index, a window at a time.
 */
export const OF_SYSTEM = 'v.source_key < 0';

const VOTE = [
  ...['source_key', 'seq', 'window_key', 'channel', 'rating', 'at', 'clock', 'received_at', 'verdict'],
].map((column) => `v.${column}`);

/**
 * Votes `v` of rollups `r`: a journal's by the stretch of numbers that its rollup names, a system's by their index (`quarter` outgrows 32
 * bits when it is a time). By the stretch, 12,000 votes that a system gave at 6,231 windows within a quarter of an hour were read 6,000 times
 * over: 10 s. `CROSS JOIN` keeps SQLite from beginning with the votes.
 * @param where of both
 */
export const votesOfRollups = (where: string): string => `
  SELECT ${VOTE.join(', ')} FROM rollups r CROSS JOIN votes v
  WHERE r.source_key > 0 AND v.source_key = r.source_key AND v.seq BETWEEN r.first_seq AND r.last_seq
    AND v.window_key = r.window_key AND v.at / ${QUARTER_MS} = r.quarter AND ${where}
  UNION ALL SELECT ${VOTE.join(', ')} FROM rollups r CROSS JOIN votes v
  WHERE r.source_key < 0 AND ${OF_SYSTEM} AND v.source_key = r.source_key AND v.window_key = r.window_key
    AND v.at >= CAST(r.quarter AS bigint) * ${QUARTER_MS}
    AND v.at < CAST(r.quarter AS bigint) * ${QUARTER_MS} + ${QUARTER_MS} AND ${where}`;

/** Of a record `q`: its number was sent well after all, and is a vote. Nothing is left to decide. */
export const SENT_WELL = `(q.claims = 1 AND EXISTS (SELECT 1 FROM votes v WHERE v.source_key = q.source_key AND v.seq = q.seq))`;

/**
 * Of every window that has votes, when the latest was pressed: from one window to the next through their index, and of each its last
 * quarter of an hour alone. To group all rollups takes as long as there were years.
 */
export const LAST_VOTES = `
  WITH RECURSIVE voted (key) AS (
    SELECT min(window_key) FROM rollups
    UNION ALL SELECT (SELECT min(r.window_key) FROM rollups r WHERE r.window_key > voted.key) FROM voted WHERE voted.key IS NOT NULL)
  SELECT key AS "windowKey", (SELECT max(r.last_at) FROM rollups r WHERE r.window_key = voted.key
    AND r.quarter = (SELECT max(q.quarter) FROM rollups q WHERE q.window_key = voted.key)) AS "lastAt"
  FROM voted WHERE key IS NOT NULL`;

/** Numbers in written-off ranges under which no vote is stored, and none is held. */
const WRITTEN_OFF = `
  SELECT l.source_key, CAST(sum(l.to_seq - l.from_seq + 1 - (
    SELECT count(*) FROM votes v WHERE v.source_key = l.source_key AND v.seq BETWEEN l.from_seq AND l.to_seq) - (
    SELECT count(*) FROM quarantine c WHERE c.source_key = l.source_key AND c.seq BETWEEN l.from_seq AND l.to_seq AND c.claims = 1
      AND NOT EXISTS (SELECT 1 FROM votes v WHERE v.source_key = c.source_key AND v.seq = c.seq))) AS bigint) AS numbers
  FROM lost l WHERE l.written_off_at IS NOT NULL GROUP BY l.source_key`;

/** Of all journals. */
export const STORED_BY_ROLLUPS = `
  SELECT source_key, CAST(sum(satisfied) AS bigint) AS satisfied, CAST(sum(basically) AS bigint) AS basically,
    CAST(sum(unsatisfied) AS bigint) AS unsatisfied, max(last_seq) AS last_seq FROM rollups`;

/**
 * Journals by key, of which `which` holds for `s`.
 * @param stored what is stored of each: `source_key`, the sums of the ratings and `last_seq`, without its GROUP BY
 */
export const selectJournals = (stored: string, which: string): string => `
  SELECT s.key, s.terminal_key AS "terminalKey", s.epoch, s.announced,
    s.total_satisfied AS "totalSatisfied", s.total_basically AS "totalBasically", s.total_unsatisfied AS "totalUnsatisfied",
    coalesce(r.satisfied, 0) AS satisfied, coalesce(r.basically, 0) AS basically,
    coalesce(r.unsatisfied, 0) AS unsatisfied, coalesce(r.last_seq, 0) AS "lastSeq", coalesce(q.claims, 0) AS quarantined,
    CASE WHEN EXISTS (SELECT 1 FROM lost l WHERE l.source_key = s.key) THEN 1 ELSE 0 END AS "hasLost",
    coalesce(h.numbers, 0) AS held, coalesce(o.numbers, 0) AS "writtenOff",
    s.known_seq AS "knownSeq", s.known_at AS "knownAt", s.floor_at AS "floorAt", s.closed_at AS "closedAt"
  FROM sources s
  LEFT JOIN (${stored} GROUP BY source_key) r ON r.source_key = s.key
  LEFT JOIN (
    SELECT source_key, count(*) AS claims FROM quarantine c WHERE claims = 1
      AND NOT EXISTS (SELECT 1 FROM votes v WHERE v.source_key = c.source_key AND v.seq = c.seq)
    GROUP BY source_key) q ON q.source_key = s.key
  LEFT JOIN (
    SELECT source_key, count(DISTINCT seq) AS numbers FROM quarantine q
    WHERE source_key IS NOT NULL AND seq IS NOT NULL AND decision IS NULL AND NOT ${SENT_WELL}
    GROUP BY source_key) h ON h.source_key = s.key
  LEFT JOIN (${WRITTEN_OFF}) o ON o.source_key = s.key
  WHERE ${which} ORDER BY s.key`;

/**
 * What a terminal has said of its journal `s` since: numbers only grow, and what an older gateway writes late takes nothing back.
 * @param said a column of what is to be kept, in the words of the database
 */
export function announcedSince(said: (column: string) => string): string {
  const ratings = ['satisfied', 'basically', 'unsatisfied'];
  const sum = (term: (rating: string) => string) => ratings.map(term).join(' + ');
  const isMore = `${sum(said)} > coalesce(${sum((rating) => `s.total_${rating}`)}, -1)`;
  const [seq, at] = [said('known_seq'), said('known_at')];
  const isLater = `${seq} > s.known_seq OR (${seq} = s.known_seq AND ${at} > coalesce(s.known_at, -1))`;
  const since = (column: string, isSince: string, value: string) =>
    `${column} = CASE WHEN ${isSince} THEN ${value} ELSE s.${column} END`;
  return [
    since('announced', `${said('announced')} > s.announced`, said('announced')),
    ...ratings.map((rating) => since(`total_${rating}`, isMore, said(rating))),
    since('known_seq', isLater, seq),
    since('known_at', isLater, at),
    // Each that is known is true; the first is what votes were dated by.
    `floor_at = coalesce(s.floor_at, ${said('floor_at')})`,
  ].join(', ');
}

export type JournalRow = Omit<KeptJournal, 'stored' | 'totals' | 'known' | 'hasLost'> &
  Counts & {
    totalSatisfied: number | null;
    totalBasically: number | null;
    totalUnsatisfied: number | null;
    hasLost: 0 | 1;
    knownSeq: number;
    knownAt: number | null;
  };

export function journalOf(row: JournalRow): KeptJournal {
  const { totalSatisfied, totalBasically, totalUnsatisfied, satisfied, basically, unsatisfied, ...kept } =
    row;
  const { knownSeq, knownAt, hasLost, ...journal } = kept;
  const isTold = totalSatisfied !== null && totalBasically !== null && totalUnsatisfied !== null;
  return {
    ...journal,
    stored: { satisfied, basically, unsatisfied },
    totals: isTold
      ? { satisfied: totalSatisfied, basically: totalBasically, unsatisfied: totalUnsatisfied }
      : null,
    hasLost: hasLost === 1,
    known: { seq: Math.max(knownSeq, journal.announced, journal.lastSeq), at: knownAt },
  };
}
