/** Figures as they were published. */
import type { Migration } from './flavour.ts';

export const PUBLICATIONS: Migration = {
  name: 'publications',
  statements: ({ keyed, table, text, integer, time }) => [
    // `head`, `body`: canonical JSON; `sha256` of both, which the audit has too.
    keyed('publications')
      .addColumn('id', text, (column) => column.notNull())
      .addColumn('version', integer, (column) => column.notNull())
      .addColumn('head', text, (column) => column.notNull())
      .addColumn('body', text, (column) => column.notNull())
      .addColumn('sha256', text, (column) => column.notNull())
      .addUniqueConstraint('publications_version', ['id', 'version'] as never),
    table('publication_withdrawals')
      .addColumn('id', text, (column) => column.notNull())
      .addColumn('version', integer, (column) => column.notNull())
      .addColumn('at', time, (column) => column.notNull())
      .addColumn('made_by', text, (column) => column.notNull())
      .addColumn('reason', text, (column) => column.notNull())
      .addPrimaryKeyConstraint('publication_withdrawals_key', ['id', 'version'] as never),
  ],
};
