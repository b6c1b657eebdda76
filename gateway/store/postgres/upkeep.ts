/** The care of the database, where that is a server. */
import type { Upkeep } from '../upkeep.ts';
import type { Connection } from './connection.ts';
import type { PostgresLedger } from './ledger.ts';

const VERSION = 'SELECT seq AS version FROM audit_head WHERE key = 1';
const DECISIONS = 'SELECT decisions FROM reviewed WHERE key = 1';

export function createUpkeep(reading: Connection, { settle }: Pick<PostgresLedger, 'settle'>): Upkeep {
  return {
    async probe() {
      await settle();
      // A commit that was called failed may have been stored all the same, and after a failover one that was read may be gone.
      return { reopened: true };
    },
    /** Whoever changes what others must know of adds a line to the audit; our own lines cost one reading more. */
    async foreignVersion() {
      const [head] = await reading.rows<{ version: number }>({ text: VERSION });
      return head?.version ?? 0;
    },
    async decisions() {
      const [row] = await reading.rows<{ decisions: number }>({ text: DECISIONS });
      return row?.decisions ?? 0;
    },
  };
}
