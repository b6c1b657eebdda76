/** How each vote came. All that were stored before came from the buttons of a terminal. */
import { sql } from 'kysely';
import type { Migration } from './flavour.ts';

export const CHANNELS: Migration = {
  name: 'channels',
  statements: ({ name, build }) => [
    build.schema
      .alterTable('votes')
      .addColumn('channel', name === 'postgres' ? sql`int2` : sql`integer`, (column) =>
        column.notNull().defaultTo(0),
      ),
  ],
};
