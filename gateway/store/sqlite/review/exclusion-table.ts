/** Spans of a terminal's votes that are not counted, and votes that are set to another time. Votes and rollups stay whole. */
import { QUARTER_MS } from '../../../domain/calendar.ts';
import { OrgRefusal } from '../../failures.ts';
import type { Exclusion } from '../../review.ts';
import { IN_EXCLUSION } from '../../sql/ledger-terms.ts';
import type { Connection } from '../database.ts';
import { recountRollups } from '../rollup-check.ts';
import type { ReviewTables } from '../tables.ts';

const COUNTED = `
  SELECT v.at / ${QUARTER_MS} AS quarter, v.window_key, v.source_key, sum(v.rating = 0) AS satisfied,
    sum(v.rating = 1) AS basically, sum(v.rating = 2) AS unsatisfied
  FROM votes v
  WHERE v.source_key IN (SELECT s.key FROM sources s JOIN exclusions e ON e.terminal_key = s.terminal_key WHERE e.ended_at IS NULL)
    AND ${IN_EXCLUSION} GROUP BY 1, 2, 3`;

/** Journals of which what is kept as excluded is not what is excluded. */
export function findExcludedDifferences(db: Connection): number[] {
  return db
    .prepare(
      `WITH counted AS MATERIALIZED (${COUNTED})
       SELECT DISTINCT source_key FROM (
         SELECT * FROM (SELECT * FROM counted EXCEPT SELECT * FROM excluded)
         UNION ALL SELECT * FROM (SELECT * FROM excluded EXCEPT SELECT * FROM counted))`,
    )
    .pluck()
    .all() as number[];
}

/** Counts anew what of these journals is excluded. Call it in a transaction. */
export function recountExcluded(db: Connection, sourceKeys: Iterable<number>): void {
  const remove = db.prepare('DELETE FROM excluded WHERE source_key = ?');
  const insert = db.prepare(`
    INSERT INTO excluded
    SELECT v.at / ${QUARTER_MS}, v.window_key, v.source_key, sum(v.rating = 0), sum(v.rating = 1), sum(v.rating = 2)
    FROM votes v WHERE v.source_key = ? AND ${IN_EXCLUSION} GROUP BY 1, 2, 3`);
  const anyExclusion = db
    .prepare(
      `SELECT 1 FROM sources s JOIN exclusions e ON e.terminal_key = s.terminal_key
       WHERE s.key = ? AND e.ended_at IS NULL LIMIT 1`,
    )
    .pluck();
  for (const key of sourceKeys) {
    remove.run(key);
    if (anyExclusion.get(key) !== undefined) insert.run(key);
  }
}

type ExclusionTable = Pick<ReviewTables, 'exclusions' | 'exclude' | 'endExclusion' | 'redate'>;

export function createExclusionTable(db: Connection, decided: () => void): ExclusionTable {
  const columns = `e.id, e.terminal_key AS terminalKey, t.id AS terminalId, e.from_at AS "from", e.to_at AS "to", e.reason,
    e.made_at AS madeAt, e.made_by AS madeBy, e.ended_at AS endedAt`;
  const selectAll = db.prepare(
    `SELECT ${columns} FROM exclusions e JOIN terminals t ON t.key = e.terminal_key ORDER BY e.key`,
  );
  const selectOne = db.prepare(
    `SELECT ${columns} FROM exclusions e JOIN terminals t ON t.key = e.terminal_key WHERE e.id = ?`,
  );
  const insert = db.prepare(
    `INSERT INTO exclusions (id, terminal_key, from_at, to_at, reason, made_at, made_by)
     VALUES (@id, @terminalKey, @from, @to, @reason, @madeAt, @madeBy)`,
  );
  const end = db.prepare('UPDATE exclusions SET ended_at = ? WHERE id = ? AND ended_at IS NULL');
  const sourcesOf = db.prepare('SELECT key FROM sources WHERE terminal_key = ?').pluck();
  const countVotes = db
    .prepare(
      `SELECT count(*) FROM rollups r CROSS JOIN votes v ON v.source_key = r.source_key AND v.seq BETWEEN r.first_seq AND r.last_seq
       WHERE r.source_key IN (SELECT key FROM sources WHERE terminal_key = @terminalKey)
         AND r.quarter BETWEEN @fromQuarter AND @toQuarter
         AND v.window_key = r.window_key AND v.at / ${QUARTER_MS} = r.quarter AND v.at >= @from AND v.at < @to`,
    )
    .pluck();
  const terminalKey = (id: string): number => {
    const key = db.prepare('SELECT key FROM terminals WHERE id = ?').pluck().get(id) as number | undefined;
    if (key === undefined)
      throw new OrgRefusal('terminal-unknown', `there is no terminal ${id}: list the terminals`);
    return key;
  };
  const recount = (key: number) => {
    recountExcluded(db, sourcesOf.all(key) as number[]);
    decided();
  };

  const keepClaim = db.prepare(`
    INSERT INTO datings SELECT v.source_key, v.seq, v.at FROM votes v WHERE v.source_key = @source AND v.at >= @from AND v.at < @to
    ON CONFLICT DO NOTHING`);
  const shift = db.prepare(
    'UPDATE votes SET at = max(0, at + @by) WHERE source_key = @source AND at >= @from AND at < @to',
  );
  const toClaimed = db.prepare(`
    UPDATE votes SET at = (SELECT d.claimed_at FROM datings d WHERE d.source_key = votes.source_key AND d.seq = votes.seq)
    WHERE source_key = @source AND at >= @from AND at < @to
      AND EXISTS (SELECT 1 FROM datings d WHERE d.source_key = votes.source_key AND d.seq = votes.seq AND d.claimed_at <> votes.at)`);
  const redate = db.transaction((...[terminalId, span, how]: Parameters<ReviewTables['redate']>) => {
    const key = terminalKey(terminalId);
    const sources = sourcesOf.all(key) as number[];
    let changed = 0;
    for (const source of sources) {
      if (how !== 'claimed') keepClaim.run({ source, ...span });
      changed += (
        how === 'claimed' ? toClaimed.run({ source, ...span }) : shift.run({ source, ...span, by: how })
      ).changes;
    }
    recountRollups(db, sources);
    recount(key);
    return changed;
  });

  return {
    exclusions: () => selectAll.all() as Exclusion[],
    exclude: (exclusion) =>
      db
        .transaction(() => {
          const key = terminalKey(exclusion.terminalId);
          insert.run({ ...exclusion, terminalKey: key });
          recount(key);
          const { from, to } = exclusion;
          const quarters = {
            fromQuarter: Math.floor(from / QUARTER_MS),
            toQuarter: Math.floor(to / QUARTER_MS),
          };
          return countVotes.get({ terminalKey: key, from, to, ...quarters }) as number;
        })
        .immediate(),
    endExclusion: (id, at) =>
      db
        .transaction(() => {
          const exclusion = selectOne.get(id) as Exclusion | undefined;
          if (!exclusion) throw new OrgRefusal('exclusion-unknown', `there is no exclusion ${id}: list them`);
          if (end.run(at, id).changes === 0)
            throw new OrgRefusal('exclusion-ended', `the exclusion ${id} has been taken back already`);
          recount(exclusion.terminalKey);
          return { ...exclusion, endedAt: at };
        })
        .immediate(),
    redate: (terminalId, span, how) => redate.immediate(terminalId, span, how),
  };
}
