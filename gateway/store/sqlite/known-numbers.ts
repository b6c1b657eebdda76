/** What a number of a journal is known as: asked for the few that are accounted for and come again. */
import type { Connection } from './database.ts';
import type { LedgerTables } from './tables.ts';

export function createKnownNumbers(db: Connection): Pick<LedgerTables, 'knownNumber'> {
  const select = db.prepare(`
    SELECT EXISTS (SELECT 1 FROM votes WHERE source_key = @source AND seq = @seq) AS stored, q.reason, q.decision,
      EXISTS (SELECT 1 FROM lost WHERE source_key = @source AND @seq BETWEEN from_seq AND to_seq
        AND written_off_at IS NOT NULL) AS writtenOff
    FROM (SELECT 1) LEFT JOIN quarantine q ON q.source_key = @source AND q.seq = @seq AND q.claims = 1`);
  type Row = { stored: 0 | 1; reason: string | null; decision: string | null; writtenOff: 0 | 1 };
  return {
    knownNumber(source, seq) {
      const { stored, reason, decision, writtenOff } = select.get({ source, seq }) as Row;
      return {
        isStored: stored === 1,
        setAsideReason: reason,
        isUndecided: reason !== null && decision === null,
        isWrittenOff: writtenOff === 1,
      };
    },
  };
}
