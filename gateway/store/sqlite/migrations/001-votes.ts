/** What a vote, its journal and its rollup look like on disk. */
export const VOTES = `
CREATE TABLE units (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  parent_key INTEGER REFERENCES units (key),
  name TEXT NOT NULL
) STRICT;

CREATE TABLE windows (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  unit_key INTEGER NOT NULL REFERENCES units (key),
  name TEXT NOT NULL
) STRICT;

CREATE TABLE terminals (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  window_key INTEGER NOT NULL REFERENCES windows (key),
  secret_hash BLOB NOT NULL,
  last_seen_at INTEGER
) STRICT;

-- A journal: one epoch of one terminal. What the terminal has said of it stands beside what is stored.
CREATE TABLE sources (
  key INTEGER PRIMARY KEY,
  terminal_key INTEGER NOT NULL REFERENCES terminals (key),
  epoch TEXT NOT NULL,
  announced INTEGER NOT NULL DEFAULT 0,
  total_satisfied INTEGER,
  total_basically INTEGER,
  total_unsatisfied INTEGER,
  UNIQUE (terminal_key, epoch)
) STRICT;

CREATE TABLE boots (
  key INTEGER PRIMARY KEY,
  boot TEXT NOT NULL UNIQUE
) STRICT;

-- The identity of a vote is (terminal, epoch, seq), and a source is (terminal, epoch). Small integer keys and no row id
-- make an insert about twice as fast as a random 16-byte key does.
CREATE TABLE votes (
  source_key INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  window_key INTEGER NOT NULL,
  rating INTEGER NOT NULL CHECK (rating BETWEEN 0 AND 2),
  at INTEGER NOT NULL,
  clock INTEGER NOT NULL CHECK (clock BETWEEN 0 AND 2),
  boot_key INTEGER NOT NULL,
  mono INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  PRIMARY KEY (source_key, seq)
) STRICT, WITHOUT ROWID;

-- Votes a quarter of an hour (the largest step that fits every time zone), window and journal. Scores are summed from
-- it, and first_seq..last_seq finds the votes of a span of time without a second index on votes.
CREATE TABLE rollups (
  quarter INTEGER NOT NULL,
  window_key INTEGER NOT NULL,
  source_key INTEGER NOT NULL,
  satisfied INTEGER NOT NULL,
  basically INTEGER NOT NULL,
  unsatisfied INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  PRIMARY KEY (quarter, window_key, source_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE quarantine (
  key INTEGER PRIMARY KEY,
  received_at INTEGER NOT NULL,
  reason TEXT NOT NULL,
  terminal_key INTEGER,
  topic TEXT NOT NULL,
  source_key INTEGER,
  seq INTEGER,
  payload TEXT NOT NULL,
  -- The number is accounted for by this record alone: no vote is stored under it.
  claims INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE UNIQUE INDEX quarantine_claims ON quarantine (source_key, seq) WHERE claims = 1;

-- Numbers of a journal that its terminal can no longer send.
CREATE TABLE lost (
  source_key INTEGER NOT NULL,
  from_seq INTEGER NOT NULL,
  to_seq INTEGER NOT NULL,
  noted_at INTEGER NOT NULL,
  PRIMARY KEY (source_key, from_seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE probe (
  key INTEGER PRIMARY KEY CHECK (key = 1),
  at INTEGER NOT NULL
) STRICT;
`;
