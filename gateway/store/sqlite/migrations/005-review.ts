/** What a person decides about votes: nothing is changed or removed by it, and each decision can be taken back. */
export const REVIEW = `
-- What the terminal said of when, where the gateway (or a person) has placed the press at another time.
CREATE TABLE datings (
  source_key INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  claimed_at INTEGER NOT NULL,
  PRIMARY KEY (source_key, seq)
) STRICT, WITHOUT ROWID;

-- What is in quarantine waits for a person: 'released' it is a vote now, 'dismissed' it stays what it is.
ALTER TABLE quarantine ADD COLUMN decision TEXT;
ALTER TABLE quarantine ADD COLUMN decided_at INTEGER;
CREATE INDEX quarantine_source ON quarantine (source_key) WHERE source_key IS NOT NULL;

-- What is known of a journal's past, by the gateway's clock, and whether a person has closed it.
ALTER TABLE sources ADD COLUMN known_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sources ADD COLUMN known_at INTEGER;
ALTER TABLE sources ADD COLUMN floor_at INTEGER;
ALTER TABLE sources ADD COLUMN closed_at INTEGER;

-- Lost numbers that a person has written off; on_its_way were not lost before.
ALTER TABLE lost ADD COLUMN written_off_at INTEGER;
ALTER TABLE lost ADD COLUMN on_its_way INTEGER NOT NULL DEFAULT 0;

-- Votes of a terminal that are not counted, by press time; the votes themselves stay as they are.
CREATE TABLE exclusions (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  terminal_key INTEGER NOT NULL REFERENCES terminals (key),
  from_at INTEGER NOT NULL,
  to_at INTEGER NOT NULL,
  reason TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  made_by TEXT NOT NULL,
  ended_at INTEGER
) STRICT;
CREATE INDEX exclusions_terminal ON exclusions (terminal_key) WHERE ended_at IS NULL;

-- Of every rollup, the votes in it that are excluded now.
CREATE TABLE excluded (
  quarter INTEGER NOT NULL,
  window_key INTEGER NOT NULL,
  source_key INTEGER NOT NULL,
  satisfied INTEGER NOT NULL,
  basically INTEGER NOT NULL,
  unsatisfied INTEGER NOT NULL,
  PRIMARY KEY (quarter, window_key, source_key)
) STRICT, WITHOUT ROWID;

-- Counts every decision, so that a running gateway knows when to read again.
CREATE TABLE reviewed (
  key INTEGER PRIMARY KEY CHECK (key = 1),
  decisions INTEGER NOT NULL
) STRICT;
INSERT INTO reviewed VALUES (1, 0);
`;
