/** What people exclude is a terminal's, a system's or a window's. */
import { sql } from 'kysely';
import type { Migration, Statement } from './flavour.ts';

const NAMED = 'terminal_key IS NOT NULL OR origin_key IS NOT NULL OR window_key IS NOT NULL';
const OLD = 'key, id, terminal_key, from_at, to_at, reason, made_at, made_by, ended_at';

const IN_POSTGRES: readonly Statement[] = [
  'ALTER TABLE exclusions ALTER COLUMN terminal_key DROP NOT NULL',
  'ALTER TABLE exclusions ADD COLUMN origin_key int4 REFERENCES origins (key)',
  'ALTER TABLE exclusions ADD COLUMN window_key int4 REFERENCES windows (key)',
  `ALTER TABLE exclusions ADD CONSTRAINT exclusions_named CHECK (${NAMED})`,
  // In SQLite it is the primary key's first column.
  'CREATE INDEX excluded_quarter ON excluded (quarter)',
];

/** It takes no constraint away from a column. */
const IN_SQLITE: readonly Statement[] = [
  `CREATE TABLE exclusions_of_all (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    terminal_key INTEGER REFERENCES terminals (key),
    from_at INTEGER NOT NULL,
    to_at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    made_at INTEGER NOT NULL,
    made_by TEXT NOT NULL,
    ended_at INTEGER,
    origin_key INTEGER REFERENCES origins (key),
    window_key INTEGER REFERENCES windows (key),
    CHECK (${NAMED})
  ) STRICT`,
  `INSERT INTO exclusions_of_all (${OLD}) SELECT ${OLD} FROM exclusions`,
  'DROP TABLE exclusions',
  'ALTER TABLE exclusions_of_all RENAME TO exclusions',
  'CREATE INDEX exclusions_terminal ON exclusions (terminal_key) WHERE ended_at IS NULL',
];

export const EXCLUSIONS_OF_SYSTEMS: Migration = {
  name: 'exclusions of systems',
  statements: ({ name, build }) => [
    ...(name === 'postgres' ? IN_POSTGRES : IN_SQLITE),
    ...['origin', 'window'].map((of) =>
      build.schema
        .createIndex(`exclusions_${of}`)
        .on('exclusions')
        .column(`${of}_key`)
        .where(sql`ended_at`, 'is', null),
    ),
  ],
};
