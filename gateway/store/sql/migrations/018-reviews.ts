/** What detectors have flagged, and what people decide about the votes of it. */
import type { Migration } from './flavour.ts';

export const REVIEWS: Migration = {
  name: 'reviews',
  statements: ({ keyed, table, build, text, integer, time }) => [
    // `evidence`: JSON. `order`: of what was confirmed; the later one holds of a vote that is in two.
    keyed('reviews')
      .addColumn('id', text, (column) => column.notNull().unique())
      .addColumn('window_key', integer, (column) => column.notNull())
      .addColumn('decision', text, (column) => column.notNull())
      .addColumn('detector', text, (column) => column.notNull())
      .addColumn('version', integer, (column) => column.notNull())
      .addColumn('about', text, (column) => column.notNull())
      .addColumn('from_at', time, (column) => column.notNull())
      .addColumn('to_at', time, (column) => column.notNull())
      .addColumn('evidence', text, (column) => column.notNull())
      .addColumn('found_at', time, (column) => column.notNull())
      .addColumn('state', text, (column) => column.notNull())
      .addColumn('proposed_by', text)
      .addColumn('confirmed_order', integer)
      .addUniqueConstraint('reviews_same', ['window_key', 'detector', 'about'] as never),
    build.schema.createIndex('reviews_state').on('reviews').column('state'),
    table('review_votes')
      .addColumn('review_key', integer, (column) => column.notNull())
      .addColumn('source_key', integer, (column) => column.notNull())
      .addColumn('seq', integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('review_votes_key', ['review_key', 'source_key', 'seq'] as never),
    build.schema.createIndex('review_votes_vote').on('review_votes').columns(['source_key', 'seq']),
    keyed('review_events')
      .addColumn('review_key', integer, (column) => column.notNull())
      .addColumn('step', text, (column) => column.notNull())
      .addColumn('at', time, (column) => column.notNull())
      .addColumn('made_by', text, (column) => column.notNull())
      .addColumn('reason', text, (column) => column.notNull()),
    build.schema.createIndex('review_events_review').on('review_events').column('review_key'),
    // Votes that two people have decided about: what the rules say of them is kept here.
    table('decided_votes')
      .addColumn('source_key', integer, (column) => column.notNull())
      .addColumn('seq', integer, (column) => column.notNull())
      .addColumn('review_key', integer, (column) => column.notNull())
      .addColumn('decision', text, (column) => column.notNull())
      .addColumn('by_rules', integer, (column) => column.notNull())
      .addPrimaryKeyConstraint('decided_votes_key', ['source_key', 'seq'] as never),
    // How far detectors have looked, and what they saw: another sum is looked at again.
    table('looked_windows')
      .addColumn('window_key', integer, (column) => column.notNull().primaryKey())
      .addColumn('at', time, (column) => column.notNull()),
    table('looked_days')
      .addColumn('window_key', integer, (column) => column.notNull())
      .addColumn('day', integer, (column) => column.notNull())
      .addColumn('seen', text, (column) => column.notNull())
      .addPrimaryKeyConstraint('looked_days_key', ['window_key', 'day'] as never),
  ],
};
