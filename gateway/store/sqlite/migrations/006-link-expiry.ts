/**
 * Links end. Those that are there already are good for another 365 days from now on, so that no screen goes dark with the
 * update; a clock that is behind what it has written itself does not shorten that.
 */
export const LINK_EXPIRY = `
ALTER TABLE links ADD COLUMN expires_at INTEGER NOT NULL DEFAULT 0;

UPDATE links SET expires_at =
  max(unixepoch() * 1000, created_at, coalesce(last_used_at, 0)) + 365 * 86400000;
`;
