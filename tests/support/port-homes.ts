/** The ports that are written once, over each database in a place of its own. */
import { rmSync } from 'node:fs';
import { afterAll, beforeAll } from 'vitest';
import type { AuditStore } from '../../gateway/store/audit.ts';
import type { CommandStore } from '../../gateway/store/commands.ts';
import type { FleetStore } from '../../gateway/store/fleet.ts';
import type { OrgStore } from '../../gateway/store/org.ts';
import type { PeopleStore } from '../../gateway/store/people.ts';
import { migrate } from '../../gateway/store/postgres/migrate.ts';
import { createPostgresSql } from '../../gateway/store/postgres/sql-database.ts';
import { createAuditStore } from '../../gateway/store/sql/audit-store.ts';
import type { AuditDeps } from '../../gateway/store/sql/changes.ts';
import { createCommandStore } from '../../gateway/store/sql/commands.ts';
import { createFleetStore } from '../../gateway/store/sql/fleet.ts';
import { createOrgStore } from '../../gateway/store/sql/org.ts';
import { createPeopleStore } from '../../gateway/store/sql/people.ts';
import { auditKeyFile, readAuditKey } from '../../gateway/store/sqlite/audit-key.ts';
import { createSqliteStore } from '../../gateway/store/sqlite/sqlite-store.ts';
import { openRows } from './open-rows.ts';
import { type Cluster, POSTGRES, startCluster } from './postgres.ts';
import { have } from './prerequisites.ts';
import { createStoreHome } from './store.ts';

export type OpenPorts = {
  people: PeopleStore;
  org: OrgStore;
  fleet: FleetStore;
  commands: CommandStore;
  audit: AuditStore;
  close(): Promise<void>;
};

export type PortsHome = {
  /** Several may be open at once: in PostgreSQL as gateways are, in SQLite as processes are. */
  open(audit?: AuditDeps): Promise<OpenPorts>;
  /** As they open after the key of the audit's chain is gone. */
  openWithoutKey(): Promise<OpenPorts>;
  /** SQL that both databases understand, past the ports. */
  rows<R>(sql: string): Promise<R[]>;
  /** Of the audit's chain. */
  auditKey(): Buffer;
  dispose(): Promise<void>;
};

const UNLIMITED: AuditDeps = { now: Date.now, admit: () => {} };
const AUDIT_KEY = Buffer.alloc(32, 9);

async function createSqliteHome(): Promise<PortsHome> {
  const { file, dispose } = createStoreHome();
  const open = async (audit = UNLIMITED): Promise<OpenPorts> => {
    const store = createSqliteStore({ file, audit });
    const { people, org, fleet, commands } = store;
    return { people, org, fleet, commands, audit: store.audit, close: async () => store.close() };
  };
  return {
    open,
    async openWithoutKey() {
      rmSync(auditKeyFile(file));
      return open();
    },
    rows: openRows.ofSqlite(file),
    auditKey: () => readAuditKey(file) as Buffer,
    dispose: async () => dispose(),
  };
}

/** The ledger's side of a change of commands is not theirs to show. */
const notHere = () => Promise.reject(new Error('the ledger is not opened here'));

export function openPostgresPorts(
  address: string,
  audit = UNLIMITED,
  auditKey: Buffer | null = AUDIT_KEY,
): OpenPorts {
  const database = createPostgresSql({ address, auditKey: () => auditKey });
  return {
    people: createPeopleStore(database, audit),
    org: createOrgStore(database, audit),
    fleet: createFleetStore(database, audit),
    commands: createCommandStore(database, audit, () => ({ journals: notHere, writeOff: notHere })),
    audit: createAuditStore(database, audit),
    close: database.close,
  };
}

/** A database of its own in a cluster that several share. */
export async function createPostgresHome(cluster: Cluster): Promise<PortsHome & { address: string }> {
  const address = cluster.primary.address(await cluster.createDatabase());
  await migrate({ address });
  const { rows, close } = await openRows.ofPostgres(address);
  return {
    address,
    open: async (audit) => openPostgresPorts(address, audit),
    openWithoutKey: async () => openPostgresPorts(address, UNLIMITED, null),
    rows,
    auditKey: () => AUDIT_KEY,
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
