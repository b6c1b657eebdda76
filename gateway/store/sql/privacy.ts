/** What is shown in steps, and its settings, in SQL that both databases understand. */
import { sql } from 'kysely';
import type { Counts } from '../../../protocol/vote.ts';
import type { KeptStep, PrivacyReads, PrivacyStore, PrivacyTx } from '../privacy.ts';
import { type AuditDeps, createChanges } from './changes.ts';
import { requireHeld } from './leases.ts';
import { chunksOf, writeRows } from './review/rows.ts';
import type { Queries, SqlDatabase } from './sql-database.ts';

export function createPrivacyStore(database: SqlDatabase, audit: AuditDeps): PrivacyStore {
  return {
    ...readsOn(database.queries),
    ...createChanges(database, audit, writesOn, 'held'),
    shown: (fromDay, since) =>
      database.transaction(async (queries) => {
        const windows = await queries
          .selectFrom('shown_windows')
          .selectAll()
          .where('stepped_at', '>=', since)
          .orderBy('window_key')
          .execute();
        const days = await queries
          .selectFrom('shown_days as d')
          .innerJoin('shown_windows as w', 'w.window_key', 'd.window_key')
          .selectAll('d')
          .where('w.stepped_at', '>=', since)
          .where('d.day', '>=', fromDay)
          .orderBy('d.window_key')
          .orderBy('d.day')
          .execute();
        const steps = await queries.selectFrom('shown_steps').selectAll().orderBy('minutes').execute();
        return {
          windows: windows.map((row) => ({
            windowKey: row.window_key,
            dark: countsOf(row.dark_satisfied, row.dark_basically, row.dark_unsatisfied),
            steppedAt: Number(row.stepped_at),
          })),
          days: days.map((row) => ({
            windowKey: row.window_key,
            day: row.day,
            taken: countsOf(row.taken_satisfied, row.taken_basically, row.taken_unsatisfied),
            shown: countsOf(row.satisfied, row.basically, row.unsatisfied),
          })),
          steps: steps.map(({ minutes, at }) => ({ minutes, at: Number(at) })),
        };
      }),
    keep: (lease, { windows, days, steps }, live) =>
      database.transaction(async (queries) => {
        if (lease) await requireHeld(database, queries, lease);
        if (!(await areNew(queries, steps))) return false;
        for (const { minutes, at } of steps)
          await queries
            .insertInto('shown_steps')
            .values({ minutes, at })
            .onConflict((conflict) => conflict.column('minutes').doUpdateSet({ at }))
            .execute();
        for (const some of chunksOf(live)) {
          await queries.deleteFrom('shown_days').where('window_key', 'in', some).execute();
          await queries.deleteFrom('shown_windows').where('window_key', 'in', some).execute();
        }
        await writeRows(
          queries,
          windows.map(({ windowKey, dark, steppedAt }) => [windowKey, ...valuesOf(dark), steppedAt]),
          (values) => sql`
            INSERT INTO shown_windows (window_key, dark_satisfied, dark_basically, dark_unsatisfied, stepped_at)
            VALUES ${values} ON CONFLICT (window_key) DO UPDATE SET dark_satisfied = excluded.dark_satisfied,
              dark_basically = excluded.dark_basically, dark_unsatisfied = excluded.dark_unsatisfied,
              stepped_at = excluded.stepped_at`,
        );
        await writeRows(
          queries,
          days.map(({ windowKey, day, taken, shown }) => [
            ...[windowKey, day],
            ...valuesOf(taken),
            ...valuesOf(shown),
          ]),
          (values) => sql`
            INSERT INTO shown_days (window_key, day, taken_satisfied, taken_basically, taken_unsatisfied,
              satisfied, basically, unsatisfied)
            VALUES ${values} ON CONFLICT (window_key, day) DO UPDATE SET
              taken_satisfied = excluded.taken_satisfied, taken_basically = excluded.taken_basically,
              taken_unsatisfied = excluded.taken_unsatisfied, satisfied = excluded.satisfied,
              basically = excluded.basically, unsatisfied = excluded.unsatisfied`,
        );
        return true;
      }),
  };
}

async function areNew(queries: Queries, steps: readonly KeptStep[]): Promise<boolean> {
  const known = await queries.selectFrom('shown_steps').selectAll().execute();
  return steps.every(({ minutes, at }) =>
    known.every((one) => one.minutes !== minutes || Number(one.at) < at),
  );
}

const countsOf = (satisfied: number, basically: number, unsatisfied: number): Counts => ({
  ...{ satisfied, basically, unsatisfied },
});
const valuesOf = ({ satisfied, basically, unsatisfied }: Counts) => [satisfied, basically, unsatisfied];

const readsOn = (queries: Queries): PrivacyReads => ({
  async nodes() {
    const rows = await queries
      .selectFrom('privacy_nodes')
      .select(['node as nodeId', 'settings', 'reason', 'made_at as madeAt', 'made_by as madeBy'])
      .orderBy('node')
      .execute();
    return rows.map((row) => ({ ...row, settings: JSON.parse(row.settings) }));
  },
});

const writesOn = (queries: Queries): PrivacyTx => ({
  ...readsOn(queries),
  async set({ nodeId: node, settings, reason, madeAt, madeBy }) {
    const kept = { settings: JSON.stringify(settings), reason, made_at: madeAt, made_by: madeBy };
    await queries
      .insertInto('privacy_nodes')
      .values({ node, ...kept })
      .onConflict((conflict) => conflict.column('node').doUpdateSet(kept))
      .execute();
  },
});
