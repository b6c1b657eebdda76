/** The keys in the database as people meet them: the gateway's process, its log, and the command line beside it. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKeyFolder } from '../../../gateway/store/key-folder.ts';
import { KEY_NAMES } from '../../../gateway/store/keys.ts';
import { openPostgresStore } from '../../../gateway/store/postgres/postgres-store.ts';
import { sealKeyIn } from '../../../gateway/store/seal-key.ts';
import { type CliResult, manyiWith } from '../../support/cli.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { openRows } from '../../support/open-rows.ts';
import { type Cluster, POSTGRES, startCluster } from '../../support/postgres.ts';
import { have } from '../../support/prerequisites.ts';

/** The key of alerts is made with the first webhook. */
const MADE_AT_ONCE = KEY_NAMES.filter((name) => name !== 'alerts');
const ADOPTED = 'the keys of the data folder are in the database from now on';

describe.runIf(have(POSTGRES))('keys in the database of a gateway', () => {
  let cluster: Cluster;
  let database: string;
  let gateway: TestGateway;
  let elsewhere: string;
  /** What its processes have said. */
  let said = '';
  beforeAll(async () => {
    cluster = await startCluster();
    database = cluster.primary.address(await cluster.createDatabase());
    // It makes the key of the seal by itself.
    gateway = await startGateway({ database, sealKey: null });
    elsewhere = mkdtempSync(join(tmpdir(), 'manyi-elsewhere-'));
  }, 60_000);
  afterAll(async () => {
    await gateway?.dispose();
    await cluster?.dispose();
    rmSync(elsewhere, { recursive: true, force: true });
  });

  const runWith = async (settings: Record<string, string>, ...args: string[]): Promise<CliResult> => {
    const result = await manyiWith({ MANYI_DATABASE: database, ...settings }, ...args);
    said += result.out + result.err;
    return result;
  };
  const here = (...args: string[]) => runWith({ MANYI_DATA_DIR: gateway.dataDir }, ...args);
  const there = (...args: string[]) => runWith({ MANYI_DATA_DIR: elsewhere }, ...args);
  const sealKey = () => readFileSync(sealKeyIn(gateway.dataDir), 'utf8').trim();
  const fingerprint = async () => JSON.parse((await here('authority', 'export', '--json')).out).sha256;

  it('are made at the first start, with the key of the seal for the service alone', async () => {
    expect(statSync(sealKeyIn(gateway.dataDir)).mode & 0o777).toBe(0o600);
    expect(existsSync(createKeyFolder(gateway.dataDir).place('authority'))).toBe(false);
    const listed = JSON.parse((await here('keys', 'list', '--json')).out);
    const [{ sealedWith }] = listed;
    expect(sealedWith).toMatch(/^[0-9a-f]{16}$/);
    expect(listed).toEqual(
      [...MADE_AT_ONCE].sort((a, b) => (a < b ? -1 : 1)).map((name) => ({ name, sealedWith, opens: 'yes' })),
    );
    expect((await here('authority', 'export')).out).toContain('BEGIN CERTIFICATE');
  });

  it('are not needed for what only reads; and without them nothing is made or changed', async () => {
    expect((await there('unit', 'list', '--json')).out).toBe('[]\n');
    expect((await there('keys', 'list', '--print', 'opens')).out).toBe('seal-key-missing\n'.repeat(3));
    for (const args of [
      ['authority', 'export'],
      ['unit', 'add', '--name', '云岭区'],
    ]) {
      const { code, err } = await there(...args);
      expect([code, err.split(':')[0]]).toEqual([1, 'seal-key-missing']);
    }
    expect((await there('unit', 'list', '--json')).out).toBe('[]\n');
    expect(existsSync(sealKeyIn(elsewhere))).toBe(false);
    const withKey = { MANYI_DATA_DIR: elsewhere, MANYI_SEAL_KEY: sealKey() };
    expect((await runWith(withKey, 'unit', 'add', '--name', '云岭区')).code).toBe(0);
    expect((await runWith(withKey, 'audit', 'verify')).out).toContain('unbroken');
    const short = await runWith({ ...withKey, MANYI_SEAL_KEY: 'c2hvcnQ=' }, 'unit', 'add', '--name', '二');
    expect(short.err).toContain('config-invalid');
    expect(short.err).not.toContain('c2hvcnQ=');
  });

  it('are under another key after they were resealed; the old one is of no use, nor one that others can read', async () => {
    const before = { fingerprint: await fingerprint(), sealKey: sealKey() };
    const file = join(elsewhere, 'next.key');
    const { code, out } = await here('keys', 'reseal', '--to', file, '--json');
    expect(code).toBe(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(out)).toMatchObject({ file, keys: ['audit', 'authority', 'tickets'] });
    expect((await here('keys', 'reseal', '--to', file)).err).toContain('seal-key-wrong');
    expect((await here('keys', 'list', '--print', 'opens')).out).toBe('seal-key-wrong\n'.repeat(3));
    said += gateway.log();
    await gateway.stop();
    await expect(gateway.start()).rejects.toThrow('seal-key-wrong');
    renameSync(file, sealKeyIn(gateway.dataDir));
    chmodSync(sealKeyIn(gateway.dataDir), 0o644);
    await expect(gateway.start()).rejects.toThrow('seal-key-exposed');
    chmodSync(sealKeyIn(gateway.dataDir), 0o600);
    await gateway.start();
    expect(await fingerprint()).toBe(before.fingerprint);
    const lines = JSON.parse((await here('audit', 'list', '--json')).out) as { action: string }[];
    expect(lines.map(({ action }) => action)).toContain('keys.reseal');
    expect(sealKey()).not.toBe(before.sealKey);
  });

  it('of a data folder from before are taken up, which is said, and are the same', async () => {
    const before = await fingerprint();
    await gateway.stop();
    const store = await openPostgresStore({ address: database, dataDir: gateway.dataDir, migrates: false });
    const folder = createKeyFolder(gateway.dataDir);
    for (const name of MADE_AT_ONCE) await folder.putOnce(name, (await store.keys.read(name)) as Buffer);
    await store.close();
    const { rows, close } = await openRows.ofPostgres(database);
    await rows('DELETE FROM keys');
    await close();
    rmSync(sealKeyIn(gateway.dataDir));
    await gateway.start();
    expect(gateway.log()).toContain(ADOPTED);
    expect(await fingerprint()).toBe(before);
  });

  it('and the key of the seal are in nothing that was said', async () => {
    const store = await openPostgresStore({ address: database, dataDir: gateway.dataDir, migrates: false });
    const secrets = await Promise.all(MADE_AT_ONCE.map((name) => store.keys.read(name)));
    await store.close();
    said += gateway.log();
    const forms = [...secrets, Buffer.from(sealKey(), 'base64')].flatMap((secret) =>
      (['base64', 'hex', 'latin1'] as const).map((form) => secret?.toString(form) as string),
    );
    for (const form of [...forms, 'PRIVATE KEY']) expect(said).not.toContain(form);
    expect(said.length).toBeGreaterThan(1_000);
  });

  it('are files beside an SQLite database, and nothing is sealed there', async () => {
    const { code, err } = await manyiWith({ MANYI_DATA_DIR: gateway.dataDir }, 'keys', 'list');
    expect([code, err.split(':')[0]]).toEqual([1, 'storage-missing']);
    const own = mkdtempSync(join(tmpdir(), 'manyi-sqlite-'));
    await manyiWith({ MANYI_DATA_DIR: own }, 'unit', 'add', '--name', '云岭区');
    expect((await manyiWith({ MANYI_DATA_DIR: own }, 'keys', 'list')).err).toContain('keys-unsealed');
    rmSync(own, { recursive: true });
  });
});
