/** Keys in the database, as gateways on other machines meet them: at their first start, adopted, lost, attacked, resealed. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { By } from '../../../gateway/store/changes.ts';
import { createKeyFolder } from '../../../gateway/store/key-folder.ts';
import {
  openPostgresStore,
  type PostgresStore,
  type PostgresStoreOptions,
} from '../../../gateway/store/postgres/postgres-store.ts';
import { createPostgresSql } from '../../../gateway/store/postgres/sql-database.ts';
import { createSeal } from '../../../gateway/store/seal.ts';
import { createSeals, sealKeyIn } from '../../../gateway/store/seal-key.ts';
import { authorityOf, issueIdentity } from '../../support/certificates.ts';
import { createMigrated } from '../../support/migrated.ts';
import { openRows, type Rows } from '../../support/open-rows.ts';
import { type Cluster, POSTGRES, startCluster } from '../../support/postgres.ts';
import { have } from '../../support/prerequisites.ts';
import { openSealedKeys } from '../../support/sealed-keys.ts';
import { addSmallTown } from '../../support/tree.ts';
import { until } from '../../support/wait.ts';

const BY: By = { actor: { kind: 'cli', user: 'test' }, origin: 'local' };
const SEAL_KEY = Buffer.alloc(32, 5);

describe.runIf(have(POSTGRES))('keys in the database', () => {
  let cluster: Cluster;
  let address: string;
  let rows: Rows;
  let closeRows: () => Promise<void>;
  let folders: string[];
  const opened: PostgresStore[] = [];
  beforeAll(async () => {
    cluster = await startCluster();
  }, 60_000);
  afterAll(() => cluster?.dispose());
  beforeEach(() => renew());
  afterEach(async () => {
    await closeAll();
    await closeRows();
    for (const folder of folders) rmSync(folder, { recursive: true });
  });

  const renew = async () => {
    address = await createMigrated(cluster);
    ({ rows, close: closeRows } = await openRows.ofPostgres(address));
    folders = [];
  };
  const closeAll = async () => void (await Promise.all(opened.splice(0).map((store) => store.close())));
  const machine = () => {
    const folder = mkdtempSync(join(tmpdir(), 'manyi-machine-'));
    folders.push(folder);
    return folder;
  };
  /** As a gateway does at its start. */
  const open = async (dataDir: string, options: Partial<PostgresStoreOptions> = {}) => {
    const store = await openPostgresStore({ address, dataDir, migrates: true, ...options });
    opened.push(store);
    return store;
  };
  const fingerprintAt = async (dataDir: string, options?: Partial<PostgresStoreOptions>) =>
    (await authorityOf(dataDir, (await open(dataDir, options)).keys)).fingerprint;
  const copySealKey = (from: string, to: string) =>
    writeFileSync(sealKeyIn(to), readFileSync(sealKeyIn(from)), { mode: 0o600 });
  const names = async () =>
    (await rows<{ name: string }>('SELECT name FROM keys ORDER BY name')).map(({ name }) => name);

  it('are made by the first gateway, and all that another one needs is the key of the seal', async () => {
    const [one, two] = [machine(), machine()];
    const fingerprint = await fingerprintAt(one);
    copySealKey(one, two);
    expect(await fingerprintAt(two)).toBe(fingerprint);
    expect(await names()).toEqual(['audit', 'authority']);
    // And by the environment instead of a file.
    const sealKey = Buffer.from(readFileSync(sealKeyIn(one), 'utf8'), 'base64');
    expect(await fingerprintAt(machine(), { sealKey })).toBe(fingerprint);
    // The key of the authority is on none of them, nor to be read in the database.
    for (const folder of folders) expect(existsSync(createKeyFolder(folder).place('authority'))).toBe(false);
    for (const { sealed } of await rows<{ sealed: Buffer }>('SELECT sealed FROM keys'))
      expect(sealed.toString('latin1')).not.toContain('PRIVATE');
  });

  it('are the same for two gateways that start at the same moment on an empty database, ten times', async () => {
    for (let round = 0; round < 10; round++) {
      const [one, two] = await Promise.all([
        fingerprintAt(machine(), { sealKey: SEAL_KEY }),
        fingerprintAt(machine(), { sealKey: SEAL_KEY }),
      ]);
      expect(two).toBe(one);
      const [first, second] = opened as [PostgresStore, PostgresStore];
      expect(await second.keys.read('audit')).toEqual(await first.keys.read('audit'));
      await closeAll();
      await closeRows();
      await renew();
    }
  }, 60_000);

  it('are made by one of two that start so without a key of the seal; the other is told what to do', async () => {
    const both = [machine(), machine()] as const;
    const started = await Promise.allSettled(both.map((folder) => fingerprintAt(folder)));
    const refused = started.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    expect(refused).toMatchObject([{ code: expect.stringMatching(/^seal-key-(missing|wrong)$/) }]);
    const won = started.findIndex(({ status }) => status === 'fulfilled');
    const [winner, loser] = won === 0 ? both : [both[1], both[0]];
    copySealKey(winner, loser);
    expect({ status: 'fulfilled', value: await fingerprintAt(loser) }).toEqual(started[won]);
  });

  it('keep a gateway from starting that has no key for them, or another one, and nothing is made', async () => {
    await fingerprintAt(machine(), { sealKey: SEAL_KEY });
    const before = await rows('SELECT * FROM keys ORDER BY name');
    const other = machine();
    await expect(open(other)).rejects.toMatchObject({
      code: 'seal-key-missing',
      message: expect.stringContaining(sealKeyIn(other)),
    });
    expect(existsSync(sealKeyIn(other))).toBe(false);
    await expect(open(other, { sealKey: randomBytes(32) })).rejects.toMatchObject({ code: 'seal-key-wrong' });
    expect(await rows('SELECT * FROM keys ORDER BY name')).toEqual(before);
    // What changes nothing is done without it.
    const reader = await open(other, { migrates: false, onlyReads: true });
    expect(await reader.org.units()).toEqual([]);
    await expect(reader.keys.read('authority')).rejects.toMatchObject({ code: 'seal-key-missing' });
  });

  it('are given out only when what was read cannot be lost any more', async () => {
    await fingerprintAt(machine(), { sealKey: SEAL_KEY });
    const seals = createSeals({ sealKey: SEAL_KEY, sealKeyFile: null, dataDir: '/nowhere' });
    let settle = () => {};
    const settled = new Promise<void>((resolve) => {
      settle = resolve;
    });
    let isAsked = false;
    const database = createPostgresSql({ address, auditKey: () => null });
    const { keys, close } = openSealedKeys(address, seals, async (read) => {
      const answer = await read(database.queries);
      isAsked = true;
      await settled;
      return answer;
    });
    let given: Buffer | null = null;
    const reading = keys.read('authority').then((secret) => {
      given = secret;
    });
    await until('it to be asked whether the standby has it', () => isAsked);
    expect(given).toBeNull();
    settle();
    await reading;
    expect(given).not.toBeNull();
    await Promise.all([close(), database.close()]);
  });

  describe('that somebody changes who can write the database, but has not the key', () => {
    let folder: string;
    beforeEach(async () => {
      folder = machine();
      await fingerprintAt(folder);
      await closeAll();
    });

    it.each([
      [
        'one in the place of another',
        `UPDATE keys SET sealed = (SELECT sealed FROM keys WHERE name = 'audit') WHERE name = 'authority'`,
      ],
      [
        'one under the name of another',
        `DELETE FROM keys WHERE name = 'authority'; UPDATE keys SET name = 'authority' WHERE name = 'audit'`,
      ],
      ['one that is cut', `UPDATE keys SET sealed = substr(sealed, 1, octet_length(sealed) - 1)`],
      ['one that is empty', `UPDATE keys SET sealed = ''`],
      ['a bit of one', `UPDATE keys SET sealed = set_bit(sealed, 200, 1 - get_bit(sealed, 200))`],
    ])('are found out: %s', async (_what, sql) => {
      await rows(sql);
      const before = await rows('SELECT * FROM keys ORDER BY name');
      const refused = await open(folder).catch((error: unknown) => error);
      expect(refused).toMatchObject({ code: 'sealed-key-damaged' });
      expect(await rows('SELECT * FROM keys ORDER BY name')).toEqual(before);
    });

    it('are found out: one of another database, whose key of the seal is another one', async () => {
      const sealed = createSeal(SEAL_KEY).close('authority', Buffer.from('-----BEGIN PRIVATE KEY-----'));
      const hex = sealed.toString('hex');
      await rows(`UPDATE keys SET sealed = '\\x${hex}' WHERE name = 'authority'`);
      await expect(open(folder)).rejects.toMatchObject({ code: 'sealed-key-damaged' });
      await rows(`UPDATE keys SET sealed_with = '${createSeal(SEAL_KEY).id}' WHERE name = 'authority'`);
      await expect(open(folder)).rejects.toMatchObject({ code: 'seal-key-wrong' });
    });

    it('are found out: those of TLS sessions, which keep nobody from starting, and are not written over', async () => {
      const before = await open(folder);
      await before.keys.putOnce('tickets', randomBytes(48));
      await rows(`UPDATE keys SET sealed = substr(sealed, 2) WHERE name = 'tickets'`);
      const { keys } = await open(folder);
      const garbled = await rows(`SELECT * FROM keys WHERE name = 'tickets'`);
      const damaged = { code: 'sealed-key-damaged' };
      await expect(keys.read('tickets')).rejects.toMatchObject(damaged);
      await expect(keys.replace('tickets', null, randomBytes(48))).rejects.toMatchObject(damaged);
      expect(await rows(`SELECT * FROM keys WHERE name = 'tickets'`)).toEqual(garbled);
    });

    it('are found out: the authority taken away, while terminals trust it', async () => {
      const store = await open(folder);
      await addSmallTown(store);
      await issueIdentity(await authorityOf(folder, store.keys), 't-1', store.fleet);
      await closeAll();
      await rows(`DELETE FROM keys WHERE name = 'authority'`);
      await expect(open(folder)).rejects.toMatchObject({ code: 'authority-elsewhere' });
      expect(await names()).toEqual(['audit']);
    });

    it('are found out: the key of the audit taken away; nothing that needs one is done', async () => {
      await addSmallTown(await open(folder));
      await closeAll();
      await rows(`DELETE FROM keys WHERE name = 'audit'`);
      const store = await open(folder);
      const line = { by: BY, action: 'x', target: { kind: 'data' } as const };
      await expect(store.audit.change((tx) => tx.audited(line, null))).rejects.toMatchObject({
        code: 'audit-key-missing',
      });
      expect(await names()).toEqual(['authority']);
    });
  });

  describe('of an installation that had them in its data folder', () => {
    let folder: string;
    let secrets: Record<'authority' | 'audit' | 'tickets', Buffer>;
    /** As it was before: terminals that trust the folder's authority, and an audit that the folder's key has signed. */
    beforeEach(async () => {
      folder = machine();
      const store = await open(folder);
      await addSmallTown(store);
      const authority = await authorityOf(folder, store.keys);
      await issueIdentity(authority, 't-1', store.fleet);
      const read = async (name: 'authority' | 'audit') => (await store.keys.read(name)) as Buffer;
      secrets = {
        ...{ authority: await read('authority'), audit: await read('audit') },
        tickets: Buffer.from(`[{"madeAt":1,"secret":"${randomBytes(48).toString('base64')}"}]\n`),
      };
      await closeAll();
      await rows('DELETE FROM keys');
      rmSync(sealKeyIn(folder));
      const files = createKeyFolder(folder);
      for (const [name, secret] of Object.entries(secrets))
        await files.putOnce(name as keyof typeof secrets, secret);
    });
    const actions = (store: PostgresStore) =>
      store.audit.entries({ limit: 1 }).then(([entry]) => ({ ...entry?.detail, action: entry?.action }));

    it('are taken up at the first start, once, and that is in the audit', async () => {
      const first = await open(folder);
      expect(first.ownKeys).toMatchObject({ adopted: ['authority', 'audit', 'tickets'], leftBehind: [] });
      for (const [name, secret] of Object.entries(secrets))
        expect(await first.keys.read(name as keyof typeof secrets)).toEqual(secret);
      expect(await actions(first)).toEqual({ action: 'keys.adopt', keys: ['authority', 'audit', 'tickets'] });
      const again = await open(folder);
      expect(again.ownKeys).toMatchObject({ adopted: [], leftBehind: [] });
      const other = machine();
      copySealKey(folder, other);
      expect(await (await open(other)).keys.read('authority')).toEqual(secrets.authority);
    });

    it('are not made anew by another gateway that comes first: it says where they are', async () => {
      await expect(open(machine())).rejects.toMatchObject({ code: 'authority-elsewhere' });
      // Nor are those of a machine that had some of its own.
      const stranger = machine();
      const strange = await authorityOf(stranger);
      await expect(open(stranger)).rejects.toMatchObject({ code: 'authority-elsewhere' });
      await createKeyFolder(stranger).putOnce('audit', randomBytes(32));
      await expect(open(stranger)).rejects.toMatchObject({ code: 'audit-key-foreign' });
      expect(await names()).toEqual([]);
      expect(await fingerprintAt(folder)).not.toBe(strange.fingerprint);
    });

    it('stand before those of another folder, which are left where they are, and told', async () => {
      await open(folder);
      const stranger = machine();
      await authorityOf(stranger);
      await createKeyFolder(stranger).putOnce('audit', randomBytes(32));
      copySealKey(folder, stranger);
      const store = await open(stranger);
      expect(store.ownKeys).toMatchObject({ adopted: [], leftBehind: ['authority', 'audit'] });
      expect(await store.keys.read('authority')).toEqual(secrets.authority);
    });
  });

  it('show at each gateway certificates of its own, of the one authority, also where the folder had another', async () => {
    const [one, two] = [machine(), machine()];
    const before = await (await authorityOf(two)).serverCredentials(['localhost']);
    await fingerprintAt(one);
    copySealKey(one, two);
    const [here, there] = await Promise.all(
      [one, two].map(async (folder) => {
        const store = await open(folder);
        return (await authorityOf(folder, store.keys)).serverCredentials(['localhost']);
      }),
    );
    expect(here?.cert.split('-----END')[1]).toEqual(there?.cert.split('-----END')[1]);
    expect(new Set([before.key, here?.key, there?.key]).size).toBe(3);
  });

  describe('under another key of the seal', () => {
    const next = createSeal(randomBytes(32));
    it('are the same, and the old one opens none', async () => {
      const folder = machine();
      const fingerprint = await fingerprintAt(folder);
      const [store] = opened as [PostgresStore];
      expect(await store.keys.reseal(BY, next)).toEqual(['audit', 'authority']);
      expect(await store.keys.list()).toEqual([
        { name: 'audit', sealedWith: next.id },
        { name: 'authority', sealedWith: next.id },
      ]);
      const [entry] = await store.audit.entries({ limit: 1 });
      expect(entry).toMatchObject({ action: 'keys.reseal', target: 'keys', detail: { to: next.id } });
      await expect(store.keys.read('authority')).rejects.toMatchObject({ code: 'seal-key-wrong' });
      await expect(store.keys.replace('tickets', null, randomBytes(48))).rejects.toMatchObject({
        code: 'seal-key-wrong',
      });
      await expect(open(folder)).rejects.toMatchObject({ code: 'seal-key-wrong' });
      expect(fingerprint).not.toBe('');
    });

    it('are not, where one of them cannot be opened: then none is', async () => {
      await fingerprintAt(machine());
      const [store] = opened as [PostgresStore];
      await rows(`UPDATE keys SET sealed = '' WHERE name = 'authority'`);
      const before = await rows('SELECT * FROM keys ORDER BY name');
      await expect(store.keys.reseal(BY, next)).rejects.toMatchObject({ code: 'sealed-key-damaged' });
      expect(await rows('SELECT * FROM keys ORDER BY name')).toEqual(before);
    });
  });
});
