import type { CommandAnswer, CommandRecord, PutAwayStore } from '../put-away-store.ts';
import type { Connection } from './database.ts';

type Row = Omit<CommandRecord, 'args' | 'answer'> & {
  args: string;
  answeredAt: number | null;
  ok: 0 | 1 | null;
  code: string | null;
  detail: string | null;
};

const COLUMNS = `id, terminal_key AS terminalKey, op, args, reason, made_at AS madeAt, made_by AS madeBy,
  expires_at AS expiresAt, delivered_at AS deliveredAt, answered_at AS answeredAt, ok, code, detail`;

const recordOf = ({ args, answeredAt, ok, code, detail, ...row }: Row): CommandRecord => ({
  ...row,
  args: JSON.parse(args) as CommandRecord['args'],
  answer: answeredAt === null ? null : { at: answeredAt, ok: ok === 1, code, detail },
});

export function createCommandTable(
  db: Connection,
): Pick<
  PutAwayStore,
  'commandsOf' | 'openCommands' | 'addCommand' | 'noteDelivered' | 'answerCommand' | 'countConflicts'
> {
  const selectOf = db.prepare(
    `SELECT ${COLUMNS} FROM commands WHERE terminal_key = ? ORDER BY key DESC LIMIT ?`,
  );
  const selectOpen = db.prepare(`SELECT ${COLUMNS} FROM commands WHERE answered_at IS NULL ORDER BY key`);
  const insert = db.prepare(
    `INSERT INTO commands (id, terminal_key, op, args, reason, made_at, made_by, expires_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const delivered = db.prepare('UPDATE commands SET delivered_at = coalesce(delivered_at, ?) WHERE id = ?');
  const answer = db.prepare(
    `UPDATE commands SET answered_at = ?, ok = ?, code = ?, detail = ?
     WHERE id = ? AND terminal_key = ? AND answered_at IS NULL`,
  );
  const conflicts = db
    .prepare(
      `SELECT count(*) FROM quarantine q JOIN sources s ON s.key = q.source_key
       WHERE s.terminal_key = ? AND s.epoch = ? AND q.reason = 'identity-conflict'`,
    )
    .pluck();
  return {
    countConflicts: (terminalKey, epoch) => conflicts.get(terminalKey, epoch) as number,
    commandsOf: (terminalKey, limit) => (selectOf.all(terminalKey, limit) as Row[]).map(recordOf),
    openCommands: () => (selectOpen.all() as Row[]).map(recordOf),
    addCommand({ id, terminalKey, op, args, reason, madeAt, madeBy, expiresAt }) {
      insert.run(id, terminalKey, op, JSON.stringify(args), reason, madeAt, madeBy, expiresAt);
    },
    noteDelivered: db.transaction((ids: readonly string[], at: number) => {
      for (const id of ids) delivered.run(at, id);
    }),
    answerCommand: (id, terminalKey, { at, ok, code, detail }: CommandAnswer) =>
      answer.run(at, Number(ok), code, detail, id, terminalKey).changes === 1,
  };
}
