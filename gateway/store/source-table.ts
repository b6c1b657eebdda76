import type { Range } from '../domain/seq-ranges.ts';
import type { Connection } from './database.ts';
import type { Announcement, Source, SourceRecord, Store } from './store.ts';

type SourceStore = Pick<
  Store,
  'sources' | 'openSource' | 'accountedRanges' | 'addLost' | 'saveAnnouncements'
>;

type SourceRow = {
  key: number;
  terminalKey: number;
  epoch: string;
  announced: number;
  totalSatisfied: number | null;
  totalBasically: number | null;
  totalUnsatisfied: number | null;
  satisfied: number;
  basically: number;
  unsatisfied: number;
  quarantined: number;
};

export function createSourceTable(db: Connection): SourceStore {
  const selectAll = db.prepare(`
    SELECT s.key, s.terminal_key AS terminalKey, s.epoch, s.announced,
      s.total_satisfied AS totalSatisfied, s.total_basically AS totalBasically, s.total_unsatisfied AS totalUnsatisfied,
      coalesce(r.satisfied, 0) AS satisfied, coalesce(r.basically, 0) AS basically,
      coalesce(r.unsatisfied, 0) AS unsatisfied, coalesce(q.claims, 0) AS quarantined
    FROM sources s
    LEFT JOIN (SELECT source_key, sum(satisfied) AS satisfied, sum(basically) AS basically, sum(unsatisfied) AS unsatisfied
               FROM rollups GROUP BY source_key) r ON r.source_key = s.key
    LEFT JOIN (SELECT source_key, count(*) AS claims FROM quarantine WHERE claims = 1 GROUP BY source_key) q
           ON q.source_key = s.key
    ORDER BY s.key`);
  const selectOne = db.prepare(
    'SELECT key, terminal_key AS terminalKey, epoch FROM sources WHERE terminal_key = ? AND epoch = ?',
  );
  const insert = db.prepare('INSERT INTO sources (terminal_key, epoch) VALUES (?, ?)');
  // Islands of consecutive numbers: seq minus its rank is constant within one.
  const selectIslands = db
    .prepare(`
    SELECT min(seq), max(seq) FROM (
      SELECT seq, seq - row_number() OVER (ORDER BY seq) AS island FROM (
        SELECT seq FROM votes WHERE source_key = @source
        UNION SELECT seq FROM quarantine WHERE source_key = @source AND claims = 1))
    GROUP BY island
    UNION ALL SELECT from_seq, to_seq FROM lost WHERE source_key = @source
    ORDER BY 1`)
    .raw();
  const insertLost = db.prepare('INSERT OR REPLACE INTO lost VALUES (?, ?, ?, ?)');
  const update = db.prepare(
    'UPDATE sources SET announced = max(announced, ?), total_satisfied = ?, total_basically = ?, total_unsatisfied = ? WHERE key = ?',
  );

  return {
    sources() {
      return (selectAll.all() as SourceRow[]).map((row): SourceRecord => {
        const { key, terminalKey, epoch, announced, quarantined, satisfied, basically, unsatisfied } = row;
        const { totalSatisfied, totalBasically, totalUnsatisfied } = row;
        const totals =
          totalSatisfied === null || totalBasically === null || totalUnsatisfied === null
            ? null
            : { satisfied: totalSatisfied, basically: totalBasically, unsatisfied: totalUnsatisfied };
        const stored = { satisfied, basically, unsatisfied };
        return { key, terminalKey, epoch, announced, quarantined, stored, totals };
      });
    },
    openSource(terminalKey, epoch): Source {
      const known = selectOne.get(terminalKey, epoch) as Source | undefined;
      if (known) return known;
      return { key: Number(insert.run(terminalKey, epoch).lastInsertRowid), terminalKey, epoch };
    },
    accountedRanges: (sourceKey) => selectIslands.all({ source: sourceKey }) as Range[],
    addLost(sourceKey, [from, to], at) {
      insertLost.run(sourceKey, from, to, at);
    },
    saveAnnouncements: db.transaction((announcements: readonly Announcement[]) => {
      for (const { sourceKey, totals, announced } of announcements)
        update.run(
          announced,
          totals?.satisfied ?? null,
          totals?.basically ?? null,
          totals?.unsatisfied ?? null,
          sourceKey,
        );
    }),
  };
}
