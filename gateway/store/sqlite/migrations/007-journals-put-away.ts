/** Journals that lie put away on the cards of terminals, and what terminals were told to do. */
export const JOURNALS_PUT_AWAY = `
-- As the terminal last said: JSON of \`journal.setAside\` in its health report. No row: it has none.
CREATE TABLE put_away (
  terminal_key INTEGER PRIMARY KEY REFERENCES terminals (key),
  reported_at INTEGER NOT NULL,
  journals TEXT NOT NULL
) STRICT;

CREATE TABLE commands (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  terminal_key INTEGER NOT NULL REFERENCES terminals (key),
  op TEXT NOT NULL,
  args TEXT NOT NULL,
  reason TEXT NOT NULL,
  made_at INTEGER NOT NULL,
  made_by TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  delivered_at INTEGER,
  -- The terminal's own answer, or the gateway's once it has expired.
  answered_at INTEGER,
  ok INTEGER CHECK (ok BETWEEN 0 AND 1),
  code TEXT,
  detail TEXT
) STRICT;

CREATE INDEX commands_terminal ON commands (terminal_key);
CREATE INDEX commands_open ON commands (key) WHERE answered_at IS NULL;
`;
