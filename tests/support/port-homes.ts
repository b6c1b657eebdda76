/** The ports that are written once, over each database in a place of its own. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect } from 'vitest';
import type { AuditHead, AuditVerdict } from '../../gateway/store/audit-check.ts';

import type { DatabaseCheck, RepairHistory, RepairRollups } from '../../gateway/store/check.ts';
import type { HistoryFolding, HistoryStore } from '../../gateway/store/history.ts';
import type { JournalStore } from '../../gateway/store/journals.ts';
import type { Ledger } from '../../gateway/store/ledger.ts';
import type { OriginLedger } from '../../gateway/store/origins.ts';
import { openPostgresCheck } from '../../gateway/store/postgres/check.ts';
import { createConnection } from '../../gateway/store/postgres/connection.ts';
import { createPostgresHistory, ONE_MOMENT } from '../../gateway/store/postgres/history.ts';
import { createPostgresImports } from '../../gateway/store/postgres/import.ts';
import { createJournalStore } from '../../gateway/store/postgres/kept-journals.ts';
import { createPostgresLedger } from '../../gateway/store/postgres/ledger.ts';
import { queriesIn } from '../../gateway/store/postgres/queries.ts';
import { openPostgresRecount } from '../../gateway/store/postgres/recount.ts';
import { createScoreReads } from '../../gateway/store/postgres/score-parts.ts';
import { createPostgresSql } from '../../gateway/store/postgres/sql-database.ts';
import { storedVerdicts } from '../../gateway/store/postgres/stored-verdicts.ts';
import { createUpkeep } from '../../gateway/store/postgres/upkeep.ts';
import { createVoteReads } from '../../gateway/store/postgres/vote-reads.ts';
import type { RecountReads } from '../../gateway/store/recount.ts';
import type { ReviewStore } from '../../gateway/store/review.ts';
import type { ScoreReads } from '../../gateway/store/scores.ts';
import { verifyAudit } from '../../gateway/store/sql/audit-verify.ts';
import type { AuditDeps } from '../../gateway/store/sql/changes.ts';
import { createHistoryRepair } from '../../gateway/store/sql/history/repair.ts';
import { createSqlPorts, type SqlPorts } from '../../gateway/store/sql/ports.ts';
import { createReviewStore, reviewOn } from '../../gateway/store/sql/review/review-store.ts';
import { createRollupRepair } from '../../gateway/store/sql/rollup-repair.ts';
import { createVerdictStore } from '../../gateway/store/sql/verdicts.ts';
import { auditKeyFile, readAuditKey } from '../../gateway/store/sqlite/audit-key.ts';
import { verifyAudit as verifyFile } from '../../gateway/store/sqlite/audit-verify.ts';
import { failure, openForReading } from '../../gateway/store/sqlite/database.ts';
import { openSqliteCheck } from '../../gateway/store/sqlite/database-check.ts';
import { createExclusive } from '../../gateway/store/sqlite/exclusive.ts';
import { openSqliteRecount } from '../../gateway/store/sqlite/recount.ts';
import { createSqliteSql } from '../../gateway/store/sqlite/sql-dialect.ts';
import { createSqliteStore } from '../../gateway/store/sqlite/sqlite-store.ts';
import type { Upkeep } from '../../gateway/store/upkeep.ts';
import type { VerdictStore } from '../../gateway/store/verdicts.ts';
import type { VoteReads } from '../../gateway/store/votes.ts';
import { createMigrated } from './migrated.ts';
import { openRows } from './open-rows.ts';
import { type Cluster, POSTGRES, startCluster } from './postgres.ts';
import { have } from './prerequisites.ts';
import { createStoreHome } from './store.ts';

export type OpenPorts = SqlPorts & {
  ledger: Ledger;
  origins: OriginLedger;
  journals: JournalStore;
  votes: VoteReads;
  review: ReviewStore;
  upkeep: Upkeep;
  verdicts: VerdictStore;
  repairRollups: RepairRollups;
  repairHistory: RepairHistory;
  history: HistoryStore;
  folding: HistoryFolding;
  scores: ScoreReads;
  close(): Promise<void>;
};

export type PortsHome = {
  /** Several may be open at once: in PostgreSQL as gateways are, in SQLite as processes are. */
  open(audit?: AuditDeps): Promise<OpenPorts>;
  /** As they open after the key of the audit's chain is gone. */
  openWithoutKey(): Promise<OpenPorts>;
  /** SQL that both databases understand, past the ports. */
  rows<R>(sql: string): Promise<R[]>;
  /** As whoever owns the database can: rows of the audit may be changed from now on. */
  unguardAudit(): Promise<void>;
  /** … and what is decided about votes, or said of them by a system, may be written over. */
  unguardVotes(): Promise<void>;
  /** Of the audit's chain. */
  auditKey(): Buffer;
  verifyAudit(known?: AuditHead): Promise<AuditVerdict>;
  /** As `manyi check` opens it. */
  openCheck(): DatabaseCheck;
  /** As `manyi recount` does. */
  openRecount(): RecountReads;
  dispose(): Promise<void>;
};

const UNLIMITED: AuditDeps = { now: Date.now, admit: () => {} };
const AUDIT_KEY = Buffer.alloc(32, 9);

async function createSqliteHome(): Promise<PortsHome> {
  const { file, dispose } = createStoreHome();
  const rows = openRows.ofSqlite(file);
  const auditKey = () => readAuditKey(file) as Buffer;
  const open = async (audit = UNLIMITED): Promise<OpenPorts> => {
    const store = createSqliteStore({ file, audit });
    return { ...store, close: async () => store.close() };
  };
  return {
    open,
    async openWithoutKey() {
      rmSync(auditKeyFile(file));
      return open();
    },
    rows,
    async unguardAudit() {
      await rows('DROP TRIGGER audit_no_update');
      await rows('DROP TRIGGER audit_no_delete');
    },
    async unguardVotes() {
      await rows('DROP TRIGGER votes_decided');
      await rows('DROP TRIGGER votes_imputed');
    },
    auditKey,
    async verifyAudit(known) {
      const db = openForReading(file);
      const deps = { connection: () => db, exclusive: createExclusive(), translate: failure, auditKey };
      const verdict = await verifyAudit(createSqliteSql(deps).queries, auditKey(), known);
      db.close();
      // The command line has rows of its own to read, and the same to say of them.
      expect(verifyFile(file, known)).toEqual(verdict);
      return verdict;
    },
    openCheck: () => openSqliteCheck(file, { repairs: false }),
    openRecount: () => openSqliteRecount(file),
    dispose: async () => dispose(),
  };
}

export function openPostgresPorts(
  address: string,
  audit = UNLIMITED,
  auditKey: Buffer | null = AUDIT_KEY,
): OpenPorts {
  const database = createPostgresSql({ address, auditKey: () => auditKey });
  const link = (label: string) => ({ address, label, connectTimeoutMs: 5_000, timeoutMs: 15_000 });
  const [reading, saving] = [createConnection(link('test reads')), createConnection(link('test saves'))];
  const ledger = createPostgresLedger({ address });
  const imports = createPostgresImports({ address });
  const history = createPostgresHistory({ address });
  const foreseeing = createConnection({ ...link('test foresees'), begin: ONE_MOMENT });
  return {
    ...createSqlPorts(database, audit, reviewOn(database), storedVerdicts),
    ledger,
    origins: ledger.origins,
    journals: createJournalStore(reading, ledger.settled, saving),
    votes: createVoteReads(reading, link('test pages')),
    review: createReviewStore(database, audit, imports),
    upkeep: createUpkeep(reading, ledger),
    verdicts: createVerdictStore(database, storedVerdicts, (read) =>
      foreseeing.transaction((transaction) => read(queriesIn(transaction))),
    ),
    repairRollups: createRollupRepair(database, audit),
    repairHistory: createHistoryRepair(database, audit),
    history,
    folding: history,
    scores: createScoreReads(link('test scores')),
    async close() {
      await Promise.all(
        [database, ledger, imports, history, reading, saving, foreseeing].map((one) => one.close()),
      );
    },
  };
}

/** A database of its own in a cluster that several share. */
export async function createPostgresHome(cluster: Cluster): Promise<PortsHome & { address: string }> {
  const address = await createMigrated(cluster);
  const { rows, close } = await openRows.ofPostgres(address);
  return {
    address,
    open: async (audit) => openPostgresPorts(address, audit),
    openWithoutKey: async () => openPostgresPorts(address, UNLIMITED, null),
    rows,
    unguardAudit: async () => void (await rows('ALTER TABLE audit DISABLE TRIGGER audit_no_change')),
    unguardVotes: async () => void (await rows('ALTER TABLE votes DISABLE TRIGGER USER')),
    auditKey: () => AUDIT_KEY,
    async verifyAudit(known) {
      const { queries, close } = createPostgresSql({ address, auditKey: () => AUDIT_KEY });
      const verdict = await verifyAudit(queries, AUDIT_KEY, known);
      await close();
      return verdict;
    },
    openCheck: () => openPostgresCheck({ address }),
    openRecount: () => openPostgresRecount({ address }),
    dispose: close,
  };
}

/** For `describe.each`; a server is started for those that need one. */
export function portHomes(): readonly (readonly [name: string, create: () => Promise<PortsHome>])[] {
  const hasPostgres = have(POSTGRES);
  let cluster: Cluster | null = null;
  beforeAll(async () => {
    if (hasPostgres) cluster = await startCluster();
  }, 60_000);
  afterAll(() => cluster?.dispose());
  return [
    ['SQLite', createSqliteHome],
    ...(hasPostgres ? [['PostgreSQL', () => createPostgresHome(cluster as Cluster)] as const] : []),
  ];
}
