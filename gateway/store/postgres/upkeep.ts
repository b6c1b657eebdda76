/** The care of the database, where that is a server. */
import type { Upkeep } from '../upkeep.ts';
import { coalesce } from './coalesce.ts';
import type { Connection } from './connection.ts';
import type { PostgresLedger } from './ledger.ts';

const VERSION = 'SELECT version FROM noted WHERE key = 1';
const DECISIONS = 'SELECT decisions FROM reviewed WHERE key = 1';

/** Every terminal that connects has it asked: of a city that comes back at once, some thousands go together. */
const LOOKS_APART_MS = 20;

export function createUpkeep(
  reading: Connection,
  { settle, endDoubts }: Pick<PostgresLedger, 'settle' | 'endDoubts'>,
): Upkeep {
  const look = coalesce<null, number>(async (asked) => {
    const [head] = await reading.rows<{ version: number }>({ text: VERSION });
    return asked.map(() => head?.version ?? 0);
  }, LOOKS_APART_MS);
  return {
    async probe() {
      await settle();
      await endDoubts();
      // A commit that was called failed may have been stored all the same, and after a failover one that was read may be gone.
      return { reopened: true };
    },
    /** Whoever changes what others hold in memory counts it; our own changes cost one reading more. */
    foreignVersion: () => look(null),
    async decisions() {
      const [row] = await reading.rows<{ decisions: number }>({ text: DECISIONS });
      return row?.decisions ?? 0;
    },
  };
}
