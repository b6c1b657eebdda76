/** Published figures, in SQL that both databases understand. */
import { OrgRefusal } from '../failures.ts';
import type { PublicationReads, PublicationStore, PublicationTx } from '../publications.ts';
import { type AuditDeps, createChanges } from './changes.ts';
import type { Queries, SqlDatabase } from './sql-database.ts';

export function createPublicationStore(database: SqlDatabase, audit: AuditDeps): PublicationStore {
  return {
    ...readsOn(database.queries),
    ...createChanges(database, audit, writesOn, 'asked'),
  };
}

const readsOn = (queries: Queries): PublicationReads => ({
  async heads() {
    const rows = await queries
      .selectFrom('publications as p')
      .leftJoin('publication_withdrawals as w', (join) =>
        join.onRef('w.id', '=', 'p.id').onRef('w.version', '=', 'p.version'),
      )
      .select(['p.id', 'p.version', 'p.head', 'p.sha256', 'w.at', 'w.made_by as by', 'w.reason'])
      .orderBy('p.key', 'desc')
      .execute();
    return rows.map(({ at, by, reason, ...row }) => ({
      ...row,
      withdrawal:
        at === null || by === null || reason === null
          ? null
          : { id: row.id, version: row.version, at, by, reason },
    }));
  },
  async find(id, version) {
    const row = await queries
      .selectFrom('publications')
      .select(['id', 'version', 'head', 'body', 'sha256'])
      .where('id', '=', id)
      .where('version', '=', version)
      .executeTakeFirst();
    return row ?? null;
  },
});

const writesOn = (queries: Queries): PublicationTx => ({
  ...readsOn(queries),
  async add(publication) {
    const { numInsertedOrUpdatedRows } = await queries
      .insertInto('publications')
      .values(publication)
      .onConflict((conflict) => conflict.columns(['id', 'version']).doNothing())
      .executeTakeFirstOrThrow();
    if (numInsertedOrUpdatedRows !== 1n)
      throw new OrgRefusal(
        'publication-version-taken',
        `somebody else has published version ${publication.version} of ${publication.id}: look at it first`,
      );
  },
  async withdraw({ id, version, at, by, reason }) {
    await queries
      .insertInto('publication_withdrawals')
      .values({ id, version, at, made_by: by, reason })
      .execute();
  },
});
