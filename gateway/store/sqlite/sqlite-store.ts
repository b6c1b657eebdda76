import { dirname, join } from 'node:path';
import { StoreFailure } from '../failures.ts';
import { createKeyFolder } from '../key-folder.ts';
import type { ScoreParts, ScoreReads } from '../scores.ts';
import type { AuditDeps } from '../sql/changes.ts';
import { createFolding } from '../sql/history/folding.ts';
import { createPlaceBook } from '../sql/history/place-book.ts';
import { createHistoryRepair } from '../sql/history/repair.ts';
import { createSqlPorts } from '../sql/ports.ts';
import { createReviewStore, reviewOn } from '../sql/review/review-store.ts';
import { createRollupRepair } from '../sql/rollup-repair.ts';
import type { SqlDatabase } from '../sql/sql-database.ts';
import { createVerdictStore } from '../sql/verdicts.ts';
import type { Store } from '../store.ts';
import type { Upkeep } from '../upkeep.ts';

import { openAuditKey } from './audit-key.ts';
import {
  assertOwnSchema,
  type Connection,
  failure,
  openDatabase,
  openForReading,
  PROBE,
  spoilsConnection,
  writeWalBack,
} from './database.ts';
import { createExclusive, type Exclusive } from './exclusive.ts';
import { createHistory } from './history.ts';
import { createSqliteHistory } from './history-reads.ts';
import { createImports, createImportTables } from './import.ts';
import { createKeptJournals } from './kept-journals.ts';
import { createKnownNumbers } from './known-numbers.ts';
import { createJournalStore, createSqliteLedger } from './ledger.ts';
import { createNewestVotes } from './newest-votes.ts';
import { createOneMoment, type OneMoment } from './one-moment.ts';
import { createOriginLedger, createOriginTables } from './origins.ts';
import { createSqliteSql } from './sql-dialect.ts';
import { storedVerdicts } from './stored-verdicts.ts';
import type { DecisionTables, ImportTables, LedgerTables, OriginTables, VoteTables } from './tables.ts';
import { createVoteReads } from './vote-reads.ts';
import { createVoteTable } from './vote-table.ts';

export function databaseFile(dataDir: string): string {
  return join(dataDir, 'manyi.db');
}

export type SqliteStore = Omit<Store, 'close'> & {
  close(): void;
};

type Tables = LedgerTables & VoteTables & ImportTables & OriginTables & DecisionTables;

/** For whoever is at the machine itself. */
const UNLIMITED: AuditDeps = { now: Date.now, admit: () => {} };

function createTables(db: Connection): Tables {
  const { withJournals, ...journals } = createKeptJournals(db);
  const votes = createVoteTable(db, withJournals);
  return {
    ...journals,
    ...createKnownNumbers(db),
    ...createImportTables(db),
    ...votes,
    ...createOriginTables(db, votes.commit),
    ...createHistory(db),
    ...createNewestVotes(db),
  };
}

type PortDeps = {
  file: string;
  database: SqlDatabase;
  audit: AuditDeps;
  tables: Tables;
  exclusive: Exclusive;
  moment: OneMoment;
};

function createPorts({ file, database, audit, tables, exclusive, moment }: PortDeps) {
  const ledger = createSqliteLedger(tables, exclusive);
  const votes = createVoteReads(tables, exclusive, file);
  return {
    ...{ ledger, votes, neighbours: null, origins: createOriginLedger(tables, exclusive) },
    journals: createJournalStore(tables, exclusive),
    keys: createKeyFolder(dirname(file)),
    scores: createScoreReads({ ...votes, rollups: ledger.rollups }),
    ...createSqlPorts(database, audit, reviewOn(database), storedVerdicts),
    review: createReviewStore(database, audit, createImports(database, tables)),
    verdicts: createVerdictStore(database, storedVerdicts, moment.inOneMoment),
    folding: createFolding({
      ...{ queries: database.queries, places: createPlaceBook() },
      ...{ inOneMoment: database.transaction, holdingVotes: database.transaction },
    }),
    repairRollups: createRollupRepair(database, audit),
    repairHistory: createHistoryRepair(database, audit),
  };
}

export type SqliteOptions = {
  file: string;
  audit?: AuditDeps;
  /** For the gateway: what an earlier process left in the WAL, whose last fsync may have failed, is written anew. */
  settle?: boolean;
};

/**
 * The store in one SQLite file. Several processes may open it (the gateway and its CLI); only the gateway writes votes.
 * After a failure of the disk the connection is only read from, until `probe` has opened the file again.
 */
export function createSqliteStore({ file, settle = false, audit = UNLIMITED }: SqliteOptions): SqliteStore {
  const open = () => {
    let db: Connection | null = null;
    try {
      db = openDatabase(file, settle);
      const auditKey = openAuditKey(db, file);
      return { db, auditKey, tables: createTables(db) };
    } catch (error) {
      db?.close();
      throw failure(error);
    }
  };
  let current = open();
  if (settle) settleWal(current.db);
  /** Why the connection is not written to. */
  let spoilt: StoreFailure | null = null;

  const translate = (error: unknown): unknown => {
    // The refused write of a connection that is only read from says nothing new.
    if (spoilt && isReadOnly(error)) return spoilt;
    const translated = failure(error);
    if (!spoilt && translated instanceof StoreFailure && spoilsConnection(error)) {
      spoilt = translated;
      current.db.pragma('query_only = ON');
    }
    return translated;
  };
  const guard = <A extends unknown[], R>(call: (...args: A) => R) => {
    return (...args: A): R => {
      try {
        return call(...args);
      } catch (error) {
        throw translate(error);
      }
    };
  };
  /** Every table call, on the connection of the day; every error of SQLite leaves the store as a StoreFailure with a code. */
  const names = Object.keys(current.tables) as (keyof Tables)[];
  const tables = Object.fromEntries(
    names.map((name) => [
      name,
      guard((...args: unknown[]) => (current.tables[name] as (...args: unknown[]) => unknown)(...args)),
    ]),
  ) as Tables;

  const reopen = () => {
    const next = open();
    try {
      writeWalBack(next.db);
    } catch (error) {
      next.db.close();
      throw failure(error);
    }
    current.db.close();
    current = next;
    spoilt = null;
  };

  const exclusive = createExclusive();
  const database = createSqliteSql({
    connection: () => current.db,
    exclusive,
    translate,
    auditKey: () => current.auditKey,
  });

  const probe = () => {
    // Damage does not pass by itself: the check at the next start says what to do.
    if (spoilt?.code === 'storage-damaged') throw spoilt;
    if (spoilt) {
      reopen();
      return { reopened: true };
    }
    guard(() => current.db.exec(PROBE))();
    return { reopened: false };
  };
  const history = createSqliteHistory(file);
  const moment = createOneMoment(file);
  return {
    ...createPorts({ file, database, audit, tables, exclusive, moment }),
    history,
    upkeep: {
      probe: () => exclusive(probe),
      ...createWatch(
        tables,
        exclusive,
        guard(() => dataVersion(current.db)),
      ),
    },
    close() {
      history.close();
      moment.close();
      try {
        if (!spoilt) current.db.pragma('optimize');
      } catch {
        // A full disk must not keep the gateway from ending in order.
      }
      current.db.close();
    },
  };
}

/**
 * The store for a command that only reads: a folder without a database stays as it is, and a gateway that runs notices nothing.
 * Every method that writes is refused by SQLite.
 */
export function createSqliteReader(file: string): SqliteStore {
  let db: Connection | null = null;
  try {
    db = openForReading(file);
    assertOwnSchema(db);
    const opened = db;
    const exclusive = createExclusive();
    const database = createSqliteSql({
      connection: () => opened,
      exclusive,
      translate: failure,
      auditKey: () => null,
    });
    const tables = createTables(opened);
    const history = createSqliteHistory(file);
    const moment = createOneMoment(file);
    return {
      ...createPorts({ file, database, audit: UNLIMITED, tables, exclusive, moment }),
      history,
      upkeep: {
        probe: async () => {
          throw new StoreFailure('storage-read-only', 'it was opened for reading only');
        },
        ...createWatch(tables, exclusive, () => dataVersion(opened)),
      },
      close() {
        history.close();
        moment.close();
        opened.close();
      },
    };
  } catch (error) {
    db?.close();
    throw failure(error);
  }
}

/** The only gateway on it sees to it that nothing is stored meanwhile. */
const createScoreReads = (parts: ScoreParts): ScoreReads => ({
  asOf: async (read) => ({ found: await read(parts), includes: () => true }),
});

/** What other processes do. */
function createWatch(
  tables: Pick<Tables, 'decisions'>,
  exclusive: Exclusive,
  version: () => number,
): Pick<Upkeep, 'foreignVersion' | 'decisions'> {
  return {
    // Whatever of our own is open: it says nothing of that.
    foreignVersion: async () => version(),
    decisions: () => exclusive(() => tables.decisions()),
  };
}

const dataVersion = (db: Connection) => db.pragma('data_version', { simple: true }) as number;

/** A command that reads just now, a backup say, must not keep a gateway from its start. */
function settleWal(db: Connection): void {
  try {
    writeWalBack(db);
  } catch (error) {
    if (error instanceof StoreFailure && error.code === 'storage-busy') return;
    db.close();
    throw failure(error);
  }
}

function isReadOnly(error: unknown): boolean {
  return (error as { code?: string }).code?.startsWith('SQLITE_READONLY') === true;
}
