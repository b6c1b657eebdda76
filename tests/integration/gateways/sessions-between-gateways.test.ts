/** Two gateways with data folders of their own, one database: what a terminal has from one is as good at the other. Promise B. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Identity } from '../../../device/identity/identity.ts';
import { type Broker, DEFAULT_BROKER_LIMITS } from '../../../gateway/mqtt/broker.ts';
import { createEmbeddedBroker } from '../../../gateway/mqtt/embedded.ts';
import { createRegistry } from '../../../gateway/org/registry.ts';
import { LEAD_MS } from '../../../gateway/pki/ticket-keys.ts';
import type { By } from '../../../gateway/store/changes.ts';
import { openPostgresStore, type PostgresStore } from '../../../gateway/store/postgres/postgres-store.ts';
import { createTerminalAccess, type TerminalAccess } from '../../../gateway/wiring/terminal-access.ts';
import { authorityOf, issueIdentity } from '../../support/certificates.ts';
import { comeBy } from '../../support/come-by.ts';
import { createMigrated } from '../../support/migrated.ts';
import { type Cluster, POSTGRES, startCluster } from '../../support/postgres.ts';
import { have } from '../../support/prerequisites.ts';
import { addSmallTown } from '../../support/tree.ts';

const BY: By = { actor: { kind: 'cli', user: 'test' }, origin: 'local' };
const SEAL_KEY = Buffer.alloc(32, 6);
const DAY_MS = 86_400_000;
const [ACCEPTED, REFUSED] = [0, 5];

type Gateway = { store: PostgresStore; access: TerminalAccess; broker: Broker; port: number };

describe.runIf(have(POSTGRES))('a session of a terminal, at two gateways', () => {
  let cluster: Cluster;
  let address: string;
  let here: Gateway;
  let there: Gateway;
  let identity: Identity;
  let aheadMs = 0;
  const folders: string[] = [];

  /** The parts that decide who gets in, as the gateway joins them. */
  const start = async (): Promise<Gateway> => {
    const dataDir = mkdtempSync(join(tmpdir(), 'manyi-machine-'));
    folders.push(dataDir);
    const store = await openPostgresStore({ address, dataDir, migrates: true, sealKey: SEAL_KEY });
    if ((await store.org.units()).length === 0) await addSmallTown(store);
    const access = await createTerminalAccess({
      config: { dataDir, hostNames: [], certificateDays: 365 },
      ...{ store: store.fleet, keys: store.keys, registry: await createRegistry(store.org) },
      now: () => Date.now() + aheadMs,
      monotonic: () => performance.now(),
      log: pino({ level: 'silent' }),
      follow: async () => false,
      changed: async () => {},
    });
    const broker = await createEmbeddedBroker(
      {
        authenticate: access.admit,
        isWelcome: access.isWelcome,
        message: (_incoming, done) => done(),
        ...{ connected() {}, disconnected() {}, handshaken() {}, refused() {} },
      },
      DEFAULT_BROKER_LIMITS,
      { kind: 'tls', credentials: await access.credentials() },
      null,
    );
    return { store, access, broker, port: await broker.listen('127.0.0.1', 0) };
  };
  beforeAll(async () => {
    cluster = await startCluster();
    address = await createMigrated(cluster);
    [here, there] = [await start(), await start()];
    const authority = await authorityOf(folders[0] as string, here.store.keys);
    identity = await issueIdentity(authority, 't-1', here.store.fleet);
    for (const { access } of [here, there]) await access.reload();
  }, 60_000);
  afterAll(async () => {
    for (const { broker, store } of [here, there]) {
      await broker?.close();
      await store?.close();
    }
    await cluster?.dispose();
    for (const folder of folders) rmSync(folder, { recursive: true });
  });

  const come = ({ port }: Gateway, session?: Buffer) => comeBy(port, 't-1', { id: 't-1', identity }, session);
  /** What comes round each minute. */
  const turn = async ({ access: { ticketKeys }, broker }: Gateway) => {
    if (await ticketKeys.look()) broker.sealWith(ticketKeys.keys());
  };
  const sealing = ({ access }: Gateway) => access.ticketKeys.keys()[0];

  it('is gone on with at either', async () => {
    const first = await come(here);
    expect(first).toMatchObject({ code: ACCEPTED, isResumed: false });
    for (const gateway of [there, here, there])
      expect(await come(gateway, first.session)).toMatchObject({ code: ACCEPTED, isResumed: true });
  });

  it('is gone on with over a turn of the keys, whichever of the two turns them', async () => {
    for (const [turning, other] of [
      [here, there],
      [there, here],
    ] as const) {
      const before = await come(turning);
      const old = sealing(turning);
      aheadMs += 7 * DAY_MS;
      await turn(turning);
      // Within the lead, the other one looks; nobody seals with the new key before.
      expect(sealing(turning)).toEqual(old);
      await turn(other);
      aheadMs += LEAD_MS;
      for (const gateway of [turning, other]) await turn(gateway);
      expect(sealing(turning)).not.toEqual(old);
      expect(sealing(other)).toEqual(sealing(turning));
      const after = await come(turning);
      for (const { session } of [before, after])
        expect(await come(other, session)).toMatchObject({ code: ACCEPTED, isResumed: true });
    }
  });

  it('is turned once by two that come round at the same moment', async () => {
    aheadMs += 7 * DAY_MS;
    await Promise.all([turn(here), turn(there)]);
    for (const gateway of [here, there]) await turn(gateway);
    expect(here.access.ticketKeys.keys()).toEqual(there.access.ticketKeys.keys());
  });

  it('gets a terminal in at neither, once it was revoked at one', async () => {
    const { session } = await come(here);
    await here.access.provisioning.revoke(BY, 't-1', null, '被盗');
    // As each does that hears of a change.
    for (const { access } of [here, there]) await access.reload();
    for (const gateway of [there, here]) {
      expect(await come(gateway, session)).toMatchObject({ code: REFUSED, isResumed: true });
      expect(await come(gateway)).toMatchObject({ code: REFUSED, isResumed: false });
    }
  });
});
