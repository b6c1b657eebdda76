/** What is kept beside the votes, held against the votes in one statement, in SQL that both databases understand. */
import { QUARTER_MS } from '../../domain/calendar.ts';
import type { RollupDifference, RollupFigures } from '../check.ts';
import { ALL, EXCLUDED } from './history/sums.ts';
import { IN_EXCLUSION, IN_EXCLUSION_OF_TERMINAL } from './ledger-terms.ts';

/** What is compared, each as what may stand after FROM. */
export type Compared = {
  votes: string;
  rollups: string;
  excluded: string;
  discounted: string;
  apart: string;
};

/** Of the journals for which this holds of their `source_key`. */
export const comparedWhere = (condition: string): Compared => ({
  votes: `(SELECT * FROM votes WHERE ${condition})`,
  rollups: `(SELECT * FROM rollups WHERE ${condition})`,
  excluded: `(SELECT * FROM excluded WHERE ${condition})`,
  discounted: `(SELECT * FROM discounted WHERE ${condition})`,
  apart: `(SELECT * FROM apart WHERE ${condition})`,
});

export const comparedOf = (journalKeys: readonly number[]): Compared =>
  comparedWhere(`source_key IN (${journalKeys.join(', ')})`);

const KEY = 'source_key, quarter, window_key';
const COUNTS = 'satisfied, basically, unsatisfied';
const FIGURES = `${COUNTS}, first_seq, last_seq, last_at`;
const COUNTED = `
  SELECT v.source_key, v.at / ${QUARTER_MS} AS quarter, v.window_key, count(*) FILTER (WHERE v.rating = 0) AS satisfied,
    count(*) FILTER (WHERE v.rating = 1) AS basically, count(*) FILTER (WHERE v.rating = 2) AS unsatisfied`;

/** What is on one side and not on the other. Sorted and merged; a join would leave it to a planner's luck. */
const ASTRAY = `
  SELECT 1 AS is_counted, * FROM (SELECT * FROM counted EXCEPT SELECT * FROM kept) AS more
  UNION ALL SELECT 0, * FROM (SELECT * FROM kept EXCEPT SELECT * FROM counted) AS other`;

const SIDES = ['kept', 'counted'] as const;
const COLUMNS = [
  ['Satisfied', 'satisfied'],
  ['Basically', 'basically'],
  ['Unsatisfied', 'unsatisfied'],
  ['FirstSeq', 'first_seq'],
  ['LastSeq', 'last_seq'],
  ['LastAt', 'last_at'],
] as const;
const bothSides = SIDES.flatMap((side, isCounted) =>
  COLUMNS.map(
    ([name, column]) => `max(CASE WHEN is_counted = ${isCounted} THEN ${column} END) AS "${side}${name}"`,
  ),
).join(', ');

type Side = (typeof SIDES)[number];
export type DifferenceRow = { journalKey: number; quarter: number; windowKey: number } & Record<
  `${Side}${(typeof COLUMNS)[number][0]}`,
  number | null
>;

/** A row for every rollup that is not what its votes say. One statement, and so one moment of a database that is being written to. */
export const rollupDifferences = ({ votes, rollups }: Pick<Compared, 'votes' | 'rollups'>): string => `
  WITH counted AS MATERIALIZED (
      ${COUNTED}, min(v.seq) AS first_seq, max(v.seq) AS last_seq, max(v.at) AS last_at FROM ${votes} v GROUP BY 1, 2, 3),
    kept AS (SELECT ${KEY}, ${FIGURES} FROM ${rollups} r)
  SELECT source_key AS "journalKey", quarter, window_key AS "windowKey", ${bothSides}
  FROM (${ASTRAY}) AS astray GROUP BY ${KEY} ORDER BY ${KEY}`;

export function differenceOf(row: DifferenceRow): RollupDifference {
  const side = (name: Side): RollupFigures | null =>
    row[`${name}FirstSeq`] === null
      ? null
      : ({
          satisfied: row[`${name}Satisfied`],
          basically: row[`${name}Basically`],
          unsatisfied: row[`${name}Unsatisfied`],
          firstSeq: row[`${name}FirstSeq`],
          lastSeq: row[`${name}LastSeq`],
          lastAt: row[`${name}LastAt`],
        } as RollupFigures);
  const { quarter, windowKey, journalKey } = row;
  return { quarter, windowKey, journalKey, kept: side('kept'), counted: side('counted') };
}

/** By whose votes people exclude; a schema from before they could exclude other than a terminal's knows no others. */
export type ExclusionTerms = { inExclusion: string; concerned: string };
const CONCERNED =
  'SELECT s.key FROM sources s JOIN exclusions e ON e.terminal_key = s.terminal_key WHERE e.ended_at IS NULL';
export const OF_TERMINALS_ALONE: ExclusionTerms = {
  inExclusion: IN_EXCLUSION_OF_TERMINAL,
  concerned: CONCERNED,
};
export const OF_ANYBODY: ExclusionTerms = {
  inExclusion: IN_EXCLUSION,
  concerned: `${CONCERNED}
    UNION SELECT e.origin_key FROM exclusions e WHERE e.ended_at IS NULL AND e.origin_key IS NOT NULL
    UNION SELECT r.source_key FROM exclusions e JOIN rollups r ON r.window_key = e.window_key
      WHERE e.ended_at IS NULL AND e.origin_key IS NULL`,
};

/** Journals (`journalKey`) of which what is kept as excluded is not what people have excluded of their votes. */
export const excludedDifferences = (
  { votes, excluded }: Pick<Compared, 'votes' | 'excluded'>,
  { concerned, inExclusion } = OF_ANYBODY,
): string => `
  WITH counted AS MATERIALIZED (
      ${COUNTED} FROM ${votes} v
      WHERE v.source_key IN (${concerned}) AND ${inExclusion} GROUP BY 1, 2, 3),
    kept AS (SELECT ${KEY}, ${COUNTS} FROM ${excluded} x)
  SELECT DISTINCT source_key AS "journalKey" FROM (${ASTRAY}) AS astray ORDER BY 1`;

/** Journals (`journalKey`) of which what is kept as discounted is not what the verdicts of their votes say. */
export const discountedDifferences = (
  { votes, discounted }: Pick<Compared, 'votes' | 'discounted'>,
  { inExclusion } = OF_ANYBODY,
): string => `
  WITH counted AS MATERIALIZED (
      ${COUNTED}, v.verdict FROM ${votes} v WHERE v.verdict <> 0 AND NOT ${inExclusion} GROUP BY 1, 2, 3, v.verdict),
    kept AS (SELECT ${KEY}, ${COUNTS}, verdict FROM ${discounted} x)
  SELECT DISTINCT source_key AS "journalKey" FROM (${ASTRAY}) AS astray ORDER BY 1`;

/** Journals (`journalKey`) of which what is kept apart is not what the channels of their votes say. */
export const apartDifferences = (
  { votes, apart }: Pick<Compared, 'votes' | 'apart'>,
  { inExclusion } = OF_ANYBODY,
): string => `
  WITH others AS MATERIALIZED (
      SELECT v.*, CASE WHEN ${inExclusion} THEN ${EXCLUDED} ELSE v.verdict END AS part FROM ${votes} v WHERE v.channel <> 0),
    counted AS (
      ${COUNTED}, v.channel, ${ALL} AS part FROM others v GROUP BY 1, 2, 3, v.channel
      UNION ALL ${COUNTED}, v.channel, v.part FROM others v WHERE v.part <> ${ALL} GROUP BY 1, 2, 3, v.channel, v.part),
    kept AS (SELECT ${KEY}, ${COUNTS}, channel, part FROM ${apart} x)
  SELECT DISTINCT source_key AS "journalKey" FROM (${ASTRAY}) AS astray ORDER BY 1`;
