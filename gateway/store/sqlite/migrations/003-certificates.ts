/** Terminals sign in with certificates: which were issued, which are revoked, and the codes that new terminals enrol with. */
export const CERTIFICATES = `
ALTER TABLE terminals DROP COLUMN secret_hash;

CREATE TABLE certificates (
  serial TEXT PRIMARY KEY,
  terminal_key INTEGER NOT NULL REFERENCES terminals (key),
  public_key TEXT NOT NULL,
  issued_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  first_used_at INTEGER,
  revoked_at INTEGER,
  reason TEXT
) STRICT;

CREATE INDEX certificates_terminal ON certificates (terminal_key);

-- One open code a terminal. It is bound to the first key that it is used with.
CREATE TABLE enrolments (
  terminal_key INTEGER PRIMARY KEY REFERENCES terminals (key),
  secret_hash BLOB NOT NULL,
  expires_at INTEGER NOT NULL,
  public_key TEXT
) STRICT;
`;
