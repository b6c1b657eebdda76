/** What is still expected of a terminal's journals, and what a person has said is expected no longer. */
import { SeqRanges } from '../../../domain/seq-ranges.ts';
import { OrgRefusal } from '../../failures.ts';
import type { KeptJournal } from '../../journals.ts';
import type { JournalRecord } from '../../review.ts';
import type { Connection } from '../database.ts';
import type { LedgerTables, ReviewTables } from '../tables.ts';

type JournalTable = Pick<ReviewTables, 'journals' | 'closeJournal' | 'writeOff' | 'undoWriteOff'>;

export function createJournalTable(
  db: Connection,
  kept: Pick<LedgerTables, 'journalsOf' | 'accountedRanges'>,
  decided: () => void,
): JournalTable {
  const selectTerminal = db.prepare('SELECT key FROM terminals WHERE id = ?').pluck();
  const close = db.prepare('UPDATE sources SET closed_at = ? WHERE key = ?');
  const markLost = db.prepare(
    'UPDATE lost SET written_off_at = ? WHERE source_key = ? AND written_off_at IS NULL',
  );
  const insertLost = db.prepare(
    'INSERT INTO lost (source_key, from_seq, to_seq, noted_at, written_off_at, on_its_way) VALUES (?, ?, ?, ?, ?, 1)',
  );
  const forget = db.prepare('DELETE FROM lost WHERE source_key = ? AND on_its_way = 1');
  const unmark = db.prepare('UPDATE lost SET written_off_at = NULL WHERE source_key = ?');

  const ofTerminal = (terminalId: string): KeptJournal[] => {
    const key = selectTerminal.get(terminalId) as number | undefined;
    if (key === undefined)
      throw new OrgRefusal('terminal-unknown', `there is no terminal ${terminalId}: list the terminals`);
    return kept.journalsOf(key);
  };
  const one = (terminalId: string, epoch: string): KeptJournal => {
    const found = ofTerminal(terminalId).find((journal) => journal.epoch === epoch);
    if (!found)
      throw new OrgRefusal('journal-unknown', `${terminalId} has no journal ${epoch}: list its journals`);
    return found;
  };
  const accountedOf = (source: KeptJournal): SeqRanges => {
    const accounted = new SeqRanges();
    for (const [from, to] of kept.accountedRanges(source.key)) accounted.add(from, to);
    return accounted;
  };
  const storedOf = ({ stored }: KeptJournal) => stored.satisfied + stored.basically + stored.unsatisfied;
  const lastTold = ({ announced, totals }: KeptJournal) =>
    Math.max(announced, totals ? totals.satisfied + totals.basically + totals.unsatisfied : 0);
  const lostOf = (source: KeptJournal) => accountedOf(source).size - storedOf(source) - source.quarantined;
  const inTransaction = <T>(act: () => T): T =>
    db
      .transaction(() => {
        const result = act();
        decided();
        return result;
      })
      .immediate();

  return {
    journals: (terminalId) =>
      ofTerminal(terminalId).map((source): JournalRecord => {
        const { epoch, stored, lastSeq, announced, quarantined, held, writtenOff, known, closedAt } = source;
        const lost = lostOf(source);
        return {
          terminalId,
          epoch,
          stored,
          lastSeq,
          announced,
          quarantined,
          held,
          lost,
          writtenOff,
          knownAt: known.at,
          closedAt,
        };
      }),
    closeJournal: (terminalId, epoch, at) =>
      inTransaction(() => void close.run(at, one(terminalId, epoch).key)),
    writeOff: (terminalId, epoch, at) =>
      inTransaction(() => {
        const source = one(terminalId, epoch);
        const accounted = accountedOf(source);
        const lost = lostOf(source) - source.writtenOff;
        const gaps = accounted.missing(Math.max(lastTold(source), accounted.max), Number.POSITIVE_INFINITY);
        markLost.run(at, source.key);
        for (const [from, to] of gaps) insertLost.run(source.key, from, to, at, at);
        return { lost, onItsWay: gaps.reduce((sum, [from, to]) => sum + to - from + 1, 0) };
      }),
    undoWriteOff: (terminalId, epoch) =>
      inTransaction(() => {
        const source = one(terminalId, epoch);
        forget.run(source.key);
        unmark.run(source.key);
        return source.writtenOff;
      }),
  };
}
