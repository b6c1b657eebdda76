/** What every store of keys holds to, whoever puts one there at the same moment. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createKeyFolder } from '../../gateway/store/key-folder.ts';
import { KEY_NAMES, type KeyStore } from '../../gateway/store/keys.ts';
import { createSeals } from '../../gateway/store/seal-key.ts';
import { createMigrated } from '../support/migrated.ts';
import { type Cluster, POSTGRES, startCluster } from '../support/postgres.ts';
import { have } from '../support/prerequisites.ts';
import { openSealedKeys } from '../support/sealed-keys.ts';

const SEAL_KEY = randomBytes(32);

/** Opens the same ones again: as another gateway, or another process, has them. */
type Home = { open(): KeyStore; dispose(): Promise<void> };

let cluster: Cluster | null = null;
beforeAll(async () => {
  if (have(POSTGRES)) cluster = await startCluster();
}, 60_000);
afterAll(() => cluster?.dispose());

async function createFolderHome(): Promise<Home> {
  const folder = mkdtempSync(join(tmpdir(), 'manyi-keys-'));
  return {
    open: () => createKeyFolder(folder),
    dispose: async () => rmSync(folder, { recursive: true }),
  };
}

async function createDatabaseHome(): Promise<Home> {
  const address = await createMigrated(cluster as Cluster);
  const seals = () => createSeals({ sealKey: SEAL_KEY, sealKeyFile: null, dataDir: '/nowhere' });
  const opened: { close(): Promise<void> }[] = [];
  return {
    open() {
      const { keys, close } = openSealedKeys(address, seals());
      opened.push({ close });
      return keys;
    },
    dispose: async () => void (await Promise.all(opened.map(({ close }) => close()))),
  };
}

describe.each([
  ['a data folder', createFolderHome] as const,
  ...(have(POSTGRES) ? [['a database', createDatabaseHome] as const] : []),
])('keys in %s', (_name, createHome) => {
  let home: Home;
  let here: KeyStore;
  let there: KeyStore;
  beforeEach(async () => {
    home = await createHome();
    [here, there] = [home.open(), home.open()];
  });
  afterEach(() => home.dispose());

  it('are none at first, and then what was put there, byte by byte, each under its own name', async () => {
    for (const name of KEY_NAMES) expect(await here.read(name)).toBeNull();
    const secrets = new Map(KEY_NAMES.map((name, index) => [name, randomBytes(1 + index * 3_000)]));
    for (const [name, secret] of secrets) expect(await here.putOnce(name, secret)).toEqual(secret);
    for (const [name, secret] of secrets) expect(await there.read(name)).toEqual(secret);
    expect(new Set(KEY_NAMES.map(here.place)).size).toBe(KEY_NAMES.length);
  });

  it('are put once: whoever comes later gets what is there', async () => {
    const [first, second] = [randomBytes(32), randomBytes(32)];
    await here.putOnce('authority', first);
    expect(await there.putOnce('authority', second)).toEqual(first);
    expect(await here.read('authority')).toEqual(first);
  });

  it('are the same for all who put one at the same moment', async () => {
    const put = await Promise.all(
      Array.from({ length: 12 }, (_, index) => [here, there][index % 2]?.putOnce('audit', randomBytes(32))),
    );
    const kept = await there.read('audit');
    for (const one of put) expect(one).toEqual(kept);
  });

  it('are replaced only by who has seen what is there', async () => {
    const [first, second, third] = [randomBytes(48), randomBytes(96), randomBytes(144)];
    expect(await here.replace('tickets', first, second)).toBeNull();
    expect(await here.read('tickets')).toBeNull();
    expect(await here.replace('tickets', null, first)).toEqual(first);
    expect(await there.replace('tickets', null, second)).toEqual(first);
    expect(await there.replace('tickets', second, third)).toEqual(first);
    expect(await there.replace('tickets', first, second)).toEqual(second);
    expect(await here.replace('tickets', first, third)).toEqual(second);
    expect(await here.read('tickets')).toEqual(second);
  });

  it('lose none when many replace at once: each that was there had been seen', async () => {
    // Each adds a byte of its own, and says again what it adds until it is there.
    const add = async (keys: KeyStore, byte: number) => {
      for (;;) {
        const seen = await keys.read('tickets');
        const next = Buffer.concat([seen ?? Buffer.alloc(0), Buffer.from([byte])]);
        const found = await keys.replace('tickets', seen, next);
        if (found?.equals(next)) return;
      }
    };
    await Promise.all(Array.from({ length: 8 }, (_, byte) => add(byte % 2 ? here : there, byte)));
    expect([...((await here.read('tickets')) ?? [])].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });
});

describe('keys in a data folder', () => {
  it('are for their owner alone', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'manyi-keys-'));
    const keys = createKeyFolder(folder);
    for (const name of KEY_NAMES) {
      await keys.putOnce(name, randomBytes(32));
      await keys.replace(name, await keys.read(name), randomBytes(32));
      expect(statSync(keys.place(name)).mode & 0o777).toBe(0o600);
    }
    // And no draft of them stays behind.
    expect(readdirSync(folder).sort()).toEqual(['audit.key', 'pki']);
    expect(readdirSync(join(folder, 'pki')).sort()).toEqual(['alerts.key', 'authority.pem', 'tickets.json']);
    rmSync(folder, { recursive: true });
  });
});
