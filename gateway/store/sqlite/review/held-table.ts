/** What waits in quarantine for a person, and what they decide. A released record is a vote like any other. */

import type { HeldFilter, HeldRecord, HeldSummary } from '../../review.ts';
import { SENT_WELL } from '../../sql/ledger-terms.ts';
import type { Connection } from '../database.ts';
import type { ReviewTables } from '../tables.ts';
import { RollupBatch, UPSERT_ROLLUP } from '../vote-table.ts';
import { recountExcluded } from './exclusion-table.ts';

type Row = HeldRecord & { sourceKey: number; terminalKey: number; claims: 0 | 1 };

/** Records that speak of a number of a journal: the others (malformed messages) account for nothing. */
const HELD = `quarantine q JOIN sources s ON s.key = q.source_key JOIN terminals t ON t.key = s.terminal_key
  WHERE q.source_key IS NOT NULL AND q.seq IS NOT NULL AND NOT (q.decision IS NULL AND ${SENT_WELL})`;
const WHICH = `(@terminalId IS NULL OR t.id = @terminalId) AND (@reason IS NULL OR q.reason = @reason)
  AND (@from IS NULL OR q.received_at >= @from) AND (@to IS NULL OR q.received_at < @to)`;

const named = ({ terminalId, reason, from, to }: HeldFilter) => ({
  terminalId: terminalId ?? null,
  reason: reason ?? null,
  from: from ?? null,
  to: to ?? null,
});

type HeldTable = Pick<ReviewTables, 'heldSummary' | 'held' | 'release' | 'dismiss' | 'reconsider'>;

export function createHeldTable(db: Connection, decided: () => void): HeldTable {
  const columns = `q.key, q.received_at AS receivedAt, q.reason, t.id AS terminalId, s.epoch, q.seq, q.payload, q.decision,
    q.source_key AS sourceKey, s.terminal_key AS terminalKey, q.claims`;
  const summary = db.prepare(`
    SELECT t.id AS terminalId, q.reason, count(*) AS count, min(q.received_at) AS firstAt, max(q.received_at) AS lastAt
    FROM ${HELD} AND q.decision IS NULL GROUP BY t.id, q.reason ORDER BY count(*) DESC`);
  const select = db.prepare(
    `SELECT ${columns} FROM ${HELD} AND q.decision IS @decision AND ${WHICH} ORDER BY q.key DESC LIMIT @limit`,
  );
  const decide = db.prepare('UPDATE quarantine SET decision = ?, decided_at = ? WHERE key = ?');
  const decideAll = db.prepare(`
    UPDATE quarantine SET decision = @next, decided_at = @at
    WHERE key IN (SELECT q.key FROM ${HELD} AND q.decision IS @decision AND ${WHICH})`);
  const windowNow = db.prepare('SELECT window_key FROM terminals WHERE key = ?').pluck();
  const insertVote = db.prepare('INSERT OR IGNORE INTO votes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const insertDating = db.prepare('INSERT OR REPLACE INTO datings VALUES (?, ?, ?)');
  const insertBoot = db.prepare('INSERT INTO boots (boot) VALUES (?) ON CONFLICT DO NOTHING');
  const selectBoot = db.prepare('SELECT key FROM boots WHERE boot = ?').pluck();

  const upsertRollup = db.prepare(UPSERT_ROLLUP);

  const release = db.transaction((...[filter, at, parse]: Parameters<ReviewTables['release']>) => {
    const result = { released: 0, taken: 0, unfit: 0 };
    const touched = new Set<number>();
    const rollups = new RollupBatch();
    const rows = select.all({ ...named(filter), decision: null, limit: -1 }) as Row[];
    for (const row of rows) {
      const vote = parse(row);
      if (!vote) {
        result.unfit += 1;
        continue;
      }
      insertBoot.run(vote.boot);
      const windowKey = vote.windowKey ?? (windowNow.get(row.terminalKey) as number);
      const { changes } = insertVote.run(
        row.sourceKey,
        row.seq,
        windowKey,
        vote.rating,
        vote.at,
        vote.clock,
        selectBoot.get(vote.boot),
        vote.mono,
        row.receivedAt,
      );
      if (changes === 0) {
        result.taken += 1;
        continue;
      }
      if (vote.claimedAt !== null) insertDating.run(row.sourceKey, row.seq, vote.claimedAt);
      decide.run('released', at, row.key);
      result.released += 1;
      const { sourceKey, seq } = row;
      rollups.add({ sourceKey, seq: seq as number, windowKey, rating: vote.rating, at: vote.at });
      touched.add(sourceKey);
    }
    // Added, not counted anew: that goes through all rollups once a journal.
    for (const { quarter, windowKey, sourceKey, counts, firstSeq, lastSeq, lastAt } of rollups.values())
      upsertRollup.run(quarter, windowKey, sourceKey, ...counts, firstSeq, lastSeq, lastAt);
    recountExcluded(db, touched);
    decided();
    return result;
  });
  const change = db.transaction(
    (filter: HeldFilter, from: 'dismissed' | null, to: 'dismissed' | null, at: number | null) => {
      const { changes } = decideAll.run({ ...named(filter), decision: from, next: to, at });
      decided();
      return changes;
    },
  );

  return {
    heldSummary: () => summary.all() as HeldSummary[],
    held: ({ decision, ...filter }, limit) =>
      (select.all({ ...named(filter), decision: decision ?? null, limit }) as Row[]).map(
        ({ sourceKey: _, terminalKey: __, claims: ___, ...record }) => record,
      ),
    release: (filter, at, parse) => release.immediate(filter, at, parse),
    dismiss: (filter, at) => change.immediate(filter, null, 'dismissed', at),
    reconsider: (filter) => change.immediate(filter, 'dismissed', null, null),
  };
}
