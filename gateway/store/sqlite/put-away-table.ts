import type { PutAway, PutAwayStore } from '../put-away-store.ts';
import type { Connection } from './database.ts';

type Row = { terminalKey: number; reportedAt: number; journals: string };

export function createPutAwayTable(db: Connection): Pick<PutAwayStore, 'putAway' | 'savePutAway'> {
  const select = db.prepare(
    'SELECT terminal_key AS terminalKey, reported_at AS reportedAt, journals FROM put_away ORDER BY terminal_key',
  );
  const upsert = db.prepare('INSERT OR REPLACE INTO put_away VALUES (?, ?, ?)');
  const remove = db.prepare('DELETE FROM put_away WHERE terminal_key = ?');
  return {
    putAway: () =>
      (select.all() as Row[]).map(({ journals, ...row }) => ({
        ...row,
        journals: JSON.parse(journals) as PutAway['journals'],
      })),
    savePutAway: db.transaction((reports: readonly PutAway[]) => {
      for (const { terminalKey, reportedAt, journals } of reports)
        if (journals.length === 0) remove.run(terminalKey);
        else upsert.run(terminalKey, reportedAt, JSON.stringify(journals));
    }),
  };
}
