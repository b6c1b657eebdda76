/** What terminals say of journals put away, and what they are told to do with them, in SQL that both databases understand. */
import type { CommandReads, CommandRecord, CommandStore, CommandTx, PutAway } from '../commands.ts';
import type { ReviewTx } from '../review.ts';
import { type AuditDeps, createChanges } from './changes.ts';
import { CLOCKS_APART_MS, tellOthers } from './noted.ts';
import type { Queries, SqlDatabase } from './sql-database.ts';

/** @param journalsOn what a database has for the ledger's side of a change */
export function createCommandStore(
  database: SqlDatabase,
  audit: AuditDeps,
  journalsOn: (queries: Queries) => Pick<ReviewTx, 'journals' | 'writeOff'>,
): CommandStore {
  return {
    ...readsOn(database.queries),
    ...createChanges(database, audit, (queries) => writesOn(queries, journalsOn(queries)), 'held'),
    notePutAway: (reports, now) =>
      database.transaction(async (queries) => {
        for (const report of reports) await notePutAway(queries, report, now);
        if (reports.length > 0) await tellOthers(queries);
      }),
    noteDelivered: (ids, at) =>
      database.transaction(async (queries) => {
        if (ids.length === 0) return;
        await queries
          .updateTable('commands')
          .set({ delivered_at: at })
          .where('id', 'in', ids)
          .where('delivered_at', 'is', null)
          .execute();
      }),
  };
}

function readsOn(queries: Queries): CommandReads {
  const commands = () =>
    queries
      .selectFrom('commands')
      .select([
        'id',
        'terminal_key as terminalKey',
        'op',
        'args',
        'reason',
        'made_at as madeAt',
        'made_by as madeBy',
        'expires_at as expiresAt',
        'delivered_at as deliveredAt',
        'answered_at as answeredAt',
        'ok',
        'code',
        'detail',
      ]);
  return {
    async putAway() {
      const rows = await queries
        .selectFrom('put_away')
        .select(['terminal_key as terminalKey', 'reported_at as reportedAt', 'journals'])
        .orderBy('terminal_key')
        .execute();
      return rows.map((row) => ({ ...row, journals: JSON.parse(row.journals) as PutAway['journals'] }));
    },
    async commandsOf(terminalKey, limit) {
      const newest = commands().where('terminal_key', '=', terminalKey).orderBy('key', 'desc').limit(limit);
      return (await newest.execute()).map(recordOf);
    },
    openCommands: async () =>
      (await commands().where('answered_at', 'is', null).orderBy('key').execute()).map(recordOf),
    async terminalKey(id) {
      const row = await queries.selectFrom('terminals').select('key').where('id', '=', id).executeTakeFirst();
      return row?.key;
    },
    async countConflicts(terminalKey, epoch) {
      const { conflicts } = await queries
        .selectFrom('quarantine as q')
        .innerJoin('sources as s', 's.key', 'q.source_key')
        .where('s.terminal_key', '=', terminalKey)
        .where('s.epoch', '=', epoch)
        .where('q.reason', '=', 'identity-conflict')
        .select(({ fn }) => fn.countAll<number>().as('conflicts'))
        .executeTakeFirstOrThrow();
      return Number(conflicts);
    },
  };
}

function writesOn(queries: Queries, journals: Pick<ReviewTx, 'journals' | 'writeOff'>): CommandTx {
  return {
    ...readsOn(queries),
    ...journals,
    async addCommand({ id, terminalKey, op, args, reason, madeAt, madeBy, expiresAt }) {
      await queries
        .insertInto('commands')
        .values({
          ...{ id, op, reason, args: JSON.stringify(args) },
          terminal_key: terminalKey,
          made_at: madeAt,
          made_by: madeBy,
          expires_at: expiresAt,
        })
        .execute();
    },
    async answerCommand(id, terminalKey, { at, ok, code, detail }, undelivered) {
      const open = queries
        .updateTable('commands')
        .set({ answered_at: at, ok: Number(ok), code, detail })
        .where('id', '=', id)
        .where('terminal_key', '=', terminalKey)
        .where('answered_at', 'is', null);
      const answered = await (undelivered === undefined
        ? open
        : open.where('delivered_at', 'is', null)
      ).executeTakeFirst();
      return answered.numUpdatedRows === 1n;
    },
  };
}

async function notePutAway(
  queries: Queries,
  { terminalKey, reportedAt, journals }: PutAway,
  now: number,
): Promise<void> {
  // Also that there are none: what an older gateway has heard before may be written after it.
  const said = { reported_at: reportedAt, journals: JSON.stringify(journals) };
  await queries
    .insertInto('put_away')
    .values({ terminal_key: terminalKey, ...said })
    .onConflict((conflict) =>
      conflict
        .column('terminal_key')
        .doUpdateSet(said)
        .where(({ or, eb }) =>
          or([
            eb('put_away.reported_at', '<=', reportedAt),
            eb('put_away.reported_at', '>', now + CLOCKS_APART_MS),
          ]),
        ),
    )
    .execute();
}

type Row = Omit<CommandRecord, 'args' | 'answer'> & {
  args: string;
  answeredAt: number | null;
  ok: number | null;
  code: string | null;
  detail: string | null;
};

const recordOf = ({ args, answeredAt, ok, code, detail, ...row }: Row): CommandRecord => ({
  ...row,
  args: JSON.parse(args) as CommandRecord['args'],
  answer: answeredAt === null ? null : { at: answeredAt, ok: ok === 1, code, detail },
});
