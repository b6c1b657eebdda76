/** All ports on one PostgreSQL database, which several gateways may have open. */

import { createKeyFolder } from '../key-folder.ts';
import type { AuditDeps } from '../sql/changes.ts';
import { createSqlPorts } from '../sql/ports.ts';
import { createReviewStore, reviewOn } from '../sql/review/review-store.ts';
import { createRollupRepair } from '../sql/rollup-repair.ts';
import type { Store } from '../store.ts';
import { openAuditKey } from './audit-key.ts';
import { createConnection } from './connection.ts';
import { createPostgresImports } from './import.ts';
import { createJournalStore } from './kept-journals.ts';
import { createPostgresLedger } from './ledger.ts';
import { assertMigrated, migrate } from './migrate.ts';
import { createNeighbours } from './neighbours.ts';
import { createScoreReads } from './score-parts.ts';
import { createPostgresSql } from './sql-database.ts';
import { createUpkeep } from './upkeep.ts';
import { createVoteReads } from './vote-reads.ts';

export type PostgresStoreOptions = {
  /** `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`, see `SessionOptions`. */
  address: string;
  /** Where the key of the audit's chain is. */
  dataDir: string;
  audit?: AuditDeps;
  /** Brings the schema up to date first; otherwise it must be so already, and nothing is made. */
  migrates: boolean;
  /** Somebody tells gateways on this database what none of them would say. */
  nonsense?: () => void;
};

/** For whoever is at the machine itself. */
const UNLIMITED: AuditDeps = { now: Date.now, admit: () => {} };
const CONNECT_MS = 5_000;
const READ_MS = 60_000;
const WRITE_MS = 15_000;

/** @throws StoreFailure: the server cannot be reached, is not to be trusted, or has data of another version. */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<Store> {
  const { address, dataDir, audit = UNLIMITED, migrates, nonsense = () => {} } = options;
  const link = (label: string, timeoutMs: number) => ({
    ...{ address, label: `manyi ${label}`, connectTimeoutMs: CONNECT_MS, timeoutMs },
  });
  const reading = createConnection(link('votes', READ_MS));
  const writing = createConnection(link('said', WRITE_MS));
  // Whether others have changed something is asked five times a second, and must not wait for an export.
  const looking = createConnection(link('looks', WRITE_MS));
  try {
    if (migrates) await migrate({ address });
    else await assertMigrated(reading);
    const auditKey = await openAuditKey(reading, dataDir);
    const database = createPostgresSql({ address, auditKey: () => auditKey });
    const neighbours = createNeighbours(link('notices', WRITE_MS), nonsense);
    const ledger = createPostgresLedger({ address, announce: neighbours.announce });
    const imports = createPostgresImports({ address });
    const kept = createJournalStore(reading, writing);
    return {
      ledger,
      journals: {
        ...kept,
        async journals() {
          const journals = await kept.journals();
          // What a gateway holds of a journal is what it acknowledges by.
          await ledger.settle();
          return journals;
        },
        async journal(key) {
          const journal = await kept.journal(key);
          await ledger.settle();
          return journal;
        },
      },
      votes: createVoteReads(reading, link('pages', READ_MS)),
      keys: createKeyFolder(dataDir),
      ...createSqlPorts(database, audit, reviewOn(database)),
      review: createReviewStore(database, audit, imports),
      upkeep: createUpkeep(looking, ledger),
      scores: createScoreReads(link('scores', READ_MS)),
      neighbours,
      repairRollups: createRollupRepair(database, audit),
      async close() {
        await neighbours.leave();
        await Promise.all([ledger, database, imports, reading, writing, looking].map((one) => one.close()));
      },
    };
  } catch (error) {
    await Promise.all([reading.close(), writing.close(), looking.close()]);
    throw error;
  }
}
