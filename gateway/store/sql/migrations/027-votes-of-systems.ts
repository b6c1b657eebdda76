/** A system's votes are found by window and time. */
import type { Migration } from './flavour.ts';

/**
 * All votes that are stored are read for it, and none is stored meanwhile. So it stands alone: in PostgreSQL, where each migration is a
 * transaction, whoever reads goes on, which a lock that another change of a table had taken before it would keep them from.
 */
export const VOTES_OF_SYSTEMS: Migration = {
  name: 'votes of systems',
  statements: () => [
    // A journal's numbers lie together at its window. A system's lie among those of all windows that it has votes of.
    'CREATE INDEX votes_of_systems ON votes (source_key, window_key, at) WHERE source_key < 0',
  ],
};
