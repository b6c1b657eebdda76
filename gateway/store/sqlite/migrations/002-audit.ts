/** Who did what to which thing, from where. Rows are only ever added; each carries the hash of the row before it. */
export const AUDIT = `
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  actor TEXT NOT NULL,
  origin TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  detail TEXT NOT NULL,
  prior BLOB NOT NULL,
  hash BLOB NOT NULL
) STRICT;

-- Where the chain ends, signed: without it, the newest rows could be removed and nothing would show.
CREATE TABLE audit_head (
  key INTEGER PRIMARY KEY CHECK (key = 1),
  seq INTEGER NOT NULL,
  hash BLOB NOT NULL,
  mac BLOB NOT NULL
) STRICT;

CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit rows are never changed'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit rows are never removed'); END;
`;
