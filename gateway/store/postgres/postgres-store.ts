/** All ports on one PostgreSQL database, which several gateways may have open. */

import type { AuditStore } from '../audit.ts';
import type { By } from '../changes.ts';
import { createKeyFolder } from '../key-folder.ts';
import { createSeals } from '../seal-key.ts';
import type { SealSettings } from '../seal-settings.ts';
import type { AuditDeps } from '../sql/changes.ts';
import { createHistoryRepair } from '../sql/history/repair.ts';
import { createSqlPorts } from '../sql/ports.ts';
import { createReviewStore, reviewOn } from '../sql/review/review-store.ts';
import { createRollupRepair } from '../sql/rollup-repair.ts';
import { createSealedKeys, type SealedKeys } from '../sql/sealed-keys.ts';
import { createVerdictStore } from '../sql/verdicts.ts';
import type { Store } from '../store.ts';
import type { VerdictStore } from '../verdicts.ts';
import { type CommonKeys, openCommonKeys } from './common-keys.ts';
import { createConnection } from './connection.ts';
import { createPostgresHistory, ONE_MOMENT } from './history.ts';
import { createPostgresImports } from './import.ts';
import { createJournalStore } from './kept-journals.ts';
import { createPostgresLedger } from './ledger.ts';
import { assertMigrated, migrate } from './migrate.ts';
import { createNeighbours, type PostgresNeighbours } from './neighbours.ts';
import { queriesIn } from './queries.ts';
import { createScoreReads } from './score-parts.ts';
import { createPostgresSql, queriesSettled } from './sql-database.ts';
import { storedVerdicts } from './stored-verdicts.ts';
import { createUpkeep } from './upkeep.ts';
import { createVoteReads } from './vote-reads.ts';
import { BY_KEY } from './votes-lock.ts';

export type PostgresStoreOptions = Partial<SealSettings> & {
  /** `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`, see `SessionOptions`. */
  address: string;
  /** Where the key of the seal is, if the settings do not say so; and the keys of before they were in the database. */
  dataDir: string;
  audit?: AuditDeps;
  /** Brings the schema up to date first; otherwise it must be so already, and nothing is made. */
  migrates: boolean;
  /** Changes nothing, and needs no key for that: those that are asked for are opened then. */
  onlyReads?: boolean;
  /** Somebody tells gateways on this database what none of them would say. */
  nonsense?: () => void;
};

export type PostgresStore = Store & {
  keys: SealedKeys;
  /** What became of the keys in the data folder. */
  ownKeys: Pick<CommonKeys, 'adopted' | 'leftBehind'>;
};

/** For whoever is at the machine itself. */
const UNLIMITED: AuditDeps = { now: Date.now, admit: () => {} };
const AS_GATEWAY: By = { actor: { kind: 'gateway' }, origin: 'local' };
const CONNECT_MS = 5_000;
const READ_MS = 60_000;
const WRITE_MS = 15_000;
/** @see HOLD_VOTES_BY_KEY */
const READ_BY_KEY = `${ONE_MOMENT}, READ ONLY; SELECT ${BY_KEY}`;
const NONE: CommonKeys = { auditKey: null, adopted: [], leftBehind: [] };

/**
 * @throws StoreFailure: the server cannot be reached, is not to be trusted, has data of another version, or keys that this machine
 * has not the key for.
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<PostgresStore> {
  const { address, dataDir, audit = UNLIMITED, migrates, onlyReads = false, nonsense = () => {} } = options;
  const { sealKey = null, sealKeyFile = null } = options;
  const link = (label: string, timeoutMs: number) => ({
    ...{ address, label: `manyi ${label}`, connectTimeoutMs: CONNECT_MS, timeoutMs },
  });
  const reading = createConnection(link('votes', READ_MS));
  const writing = createConnection(link('said', WRITE_MS));
  // Whether others have changed something is asked five times a second, and must not wait for an export.
  const looking = createConnection(link('looks', WRITE_MS));
  // … nor what goes through millions of votes.
  const foreseeing = createConnection({ ...link('foresees', READ_MS), begin: READ_BY_KEY });
  let common = NONE;
  // These connect when they are first asked.
  const database = createPostgresSql({ address, auditKey: () => common.auditKey });
  const neighbours = createNeighbours(link('notices', WRITE_MS), () => common.auditKey, nonsense);
  const ledger = createPostgresLedger({ address, announce: neighbours.announce });
  const imports = createPostgresImports({ address });
  const history = createPostgresHistory({ address });
  const close = async () => {
    await neighbours.leave();
    await Promise.all(
      [ledger, database, imports, history, reading, writing, looking, foreseeing].map((one) => one.close()),
    );
  };
  try {
    if (migrates) await migrate({ address });
    else await assertMigrated(reading);
    const seals = createSeals({ sealKey, sealKeyFile, dataDir });
    const keys = createSealedKeys({ database, audit, seals, settled: queriesSettled(ledger.settled) });
    if (!onlyReads)
      common = await openCommonKeys({ keys, folder: createKeyFolder(dataDir), connection: reading });
    const ports = createSqlPorts(database, audit, reviewOn(database), storedVerdicts);
    if (common.adopted.length > 0) await noteAdopted(ports.audit, common);
    return {
      ledger,
      origins: ledger.origins,
      journals: createJournalStore(reading, ledger.settled, writing),
      votes: createVoteReads(reading, link('pages', READ_MS)),
      ...ports,
      keys,
      ownKeys: common,
      review: createReviewStore(database, audit, imports),
      upkeep: createUpkeep(looking, ledger),
      scores: createScoreReads(link('scores', READ_MS)),
      neighbours: {
        ...neighbours,
        async leave() {
          // Whoever says goodbye has nothing left to tell.
          await ledger.endDoubts().catch(neighbours.announce.doubtful);
          await neighbours.leave();
        },
      },
      verdicts: announcing(
        createVerdictStore(database, storedVerdicts, (read) =>
          foreseeing.transaction((transaction) => read(queriesIn(transaction))),
        ),
        neighbours,
      ),
      history,
      folding: history,
      repairRollups: createRollupRepair(database, audit),
      repairHistory: createHistoryRepair(database, audit),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What one gateway has judged, the others count as well. */
const announcing = (verdicts: VerdictStore, { announce }: PostgresNeighbours): VerdictStore => ({
  ...verdicts,
  async judge(by, how) {
    const judged = await verdicts.judge(by, how);
    if (judged.commit !== null) announce.corrected(judged.commit, judged.corrected);
    return judged;
  },
  async adopt(foreseen) {
    const adopted = await verdicts.adopt(foreseen);
    if (adopted !== null && adopted.commit !== null) announce.corrected(adopted.commit, adopted.corrected);
    return adopted;
  },
});

/** Where its key is gone, so is the audit. */
async function noteAdopted(audit: AuditStore, { adopted, auditKey }: CommonKeys): Promise<void> {
  const line = {
    ...{ by: AS_GATEWAY, action: 'keys.adopt' },
    ...{ target: { kind: 'keys' } as const, detail: { keys: adopted } },
  };
  if (auditKey) await audit.change((tx) => tx.audited(line, undefined));
}
