/** Do the numbers of journals lead where they should? In SQL that both databases understand; no foreign keys see to it. */
import { sql } from 'kysely';
import { VERDICTS } from '../../../protocol/verdict.ts';
import type { NumberFault } from '../check.ts';
import { checkPublications } from './publication-check.ts';
import type { Queries } from './sql-database.ts';

const DISMISSED = VERDICTS.indexOf('dismissed');
const IMPUTED = VERDICTS.indexOf('imputed');

/** Of votes `v`, in one pass. */
const OF_VOTES: readonly [what: string, column: string, fault: string][] = [
  ['votes of a journal that is not there', 'journals', 's.key IS NULL AND v.source_key > 0'],
  ['votes of a boot that is not there', 'boots', 'b.key IS NULL'],
  ['votes at a window that is not there', 'windows', 'w.key IS NULL'],
  ['votes whose number is below 1', 'numbers', 'v.seq < 1'],
  [
    'votes that are imputed, and no system says that it gave them',
    'imputed',
    `v.source_key < 0 AND v.verdict = ${IMPUTED} AND NOT EXISTS (
      SELECT 1 FROM origin_votes k WHERE k.source_key = v.source_key AND k.seq = v.seq AND k.imputed = 1)`,
  ],
  [
    'votes that are dismissed, and nobody has decided so',
    'dismissed',
    `v.verdict = ${DISMISSED} AND NOT EXISTS (
      SELECT 1 FROM decided_votes d WHERE d.source_key = v.source_key AND d.seq = v.seq AND d.decision = 'dismiss')`,
  ],
];

const NO_JOURNAL = (table: string) =>
  `NOT EXISTS (SELECT 1 FROM sources s WHERE s.key = ${table}.source_key)`;

/** What counts as a fault of each table beside the votes. */
const BESIDE: readonly [what: string, table: string, fault: string][] = [
  [
    'journals of a terminal that is not there',
    'sources',
    'NOT EXISTS (SELECT 1 FROM terminals t WHERE t.key = sources.terminal_key)',
  ],
  [
    'records of a journal that is not there',
    'quarantine',
    `source_key IS NOT NULL AND ${NO_JOURNAL('quarantine')}`,
  ],
  [
    'records that account for a number, and name none',
    'quarantine',
    'claims = 1 AND (source_key IS NULL OR seq IS NULL OR seq < 1)',
  ],
  [
    'records that were released, and are no vote',
    'quarantine',
    `decision = 'released'
      AND NOT EXISTS (SELECT 1 FROM votes v WHERE v.source_key = quarantine.source_key AND v.seq = quarantine.seq)`,
  ],
  ['lost ranges of a journal that is not there', 'lost', NO_JOURNAL('lost')],
  [
    'votes of an origin that is not there',
    'origin_votes',
    'NOT EXISTS (SELECT 1 FROM origins o WHERE o.key = origin_votes.source_key)',
  ],
  [
    'keys of an origin that are no vote',
    'origin_votes',
    'NOT EXISTS (SELECT 1 FROM votes v WHERE v.source_key = origin_votes.source_key AND v.seq = origin_votes.seq)',
  ],
  [
    'votes that a system says it gave itself, and that are not imputed',
    'origin_votes',
    `imputed = 1 AND NOT EXISTS (SELECT 1 FROM votes v WHERE v.source_key = origin_votes.source_key AND v.seq = origin_votes.seq
      AND v.verdict = ${IMPUTED})`,
  ],
  ['lost ranges that are none', 'lost', 'from_seq < 1 OR to_seq < from_seq'],
  [
    'times that were told of no vote',
    'datings',
    'NOT EXISTS (SELECT 1 FROM votes v WHERE v.source_key = datings.source_key AND v.seq = datings.seq)',
  ],
];

/** What two people have decided, and what follows from it. */
const OF_REVIEWS: typeof BESIDE = [
  [
    'votes that count otherwise than two people have decided',
    'decided_votes',
    `NOT EXISTS (SELECT 1 FROM votes v WHERE v.source_key = decided_votes.source_key AND v.seq = decided_votes.seq
      AND v.verdict = CASE WHEN by_rules = ${IMPUTED} THEN ${IMPUTED} WHEN decision = 'dismiss' THEN ${DISMISSED} ELSE 0 END)`,
  ],
  [
    'decisions about votes that no confirmed review is about',
    'decided_votes',
    `NOT EXISTS (SELECT 1 FROM reviews r JOIN review_votes o ON o.review_key = r.key
      WHERE r.key = decided_votes.review_key AND r.state = 'confirmed' AND r.decision = decided_votes.decision
        AND o.source_key = decided_votes.source_key AND o.seq = decided_votes.seq)`,
  ],
  [
    'votes of a confirmed review that nothing is decided about',
    'review_votes',
    `EXISTS (SELECT 1 FROM reviews r WHERE r.key = review_votes.review_key AND r.state = 'confirmed')
      AND NOT EXISTS (SELECT 1 FROM decided_votes d WHERE d.source_key = review_votes.source_key AND d.seq = review_votes.seq)`,
  ],
];

const found = (rows: readonly NumberFault[]) => rows.filter(({ rows: count }) => count > 0);

/** @param votes what may stand after FROM: all of them, or a part. @returns how many there are, and what is wrong with them. */
export async function checkVotes(
  queries: Queries,
  votes = 'votes',
): Promise<{ votes: number; faults: NumberFault[] }> {
  const counts = OF_VOTES.map(([, column, fault]) => `count(CASE WHEN ${fault} THEN 1 END) AS "${column}"`);
  const { rows } = await sql
    .raw<Record<string, number>>(
      `SELECT count(*) AS votes, ${counts.join(', ')} FROM ${votes} v LEFT JOIN sources s ON s.key = v.source_key
       LEFT JOIN boots b ON b.key = v.boot_key LEFT JOIN windows w ON w.key = v.window_key`,
    )
    .execute(queries);
  const row = rows[0] ?? {};
  const faults = OF_VOTES.map(([what, column]) => ({ what, rows: row[column] ?? 0 }));
  return { votes: row.votes ?? 0, faults: found(faults) };
}

/** Of everything else that a journal's numbers are kept in. */
export async function checkBesideVotes(queries: Queries): Promise<NumberFault[]> {
  const faults: NumberFault[] = [];
  for (const [what, table, fault] of [...BESIDE, ...OF_REVIEWS]) {
    const { rows } = await sql
      .raw<{ rows: number }>(`SELECT count(*) AS rows FROM ${table} WHERE ${fault}`)
      .execute(queries);
    faults.push({ what, rows: rows[0]?.rows ?? 0 });
  }
  faults.push(...(await checkPublications(queries)));
  return found(faults);
}
