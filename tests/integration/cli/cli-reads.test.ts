/** What only reads changes nothing: not an empty folder, not a stopped gateway's files, and a running one does not notice. */
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { By } from '../../../gateway/store/changes.ts';
import { createSqliteStore, databaseFile } from '../../../gateway/store/sqlite/sqlite-store.ts';
import { manyi } from '../../support/cli.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';

const READS: string[][] = [
  ['unit', 'list'],
  ['window', 'list'],
  ['terminal', 'list'],
  ['terminal', 'certificates', '--terminal', 't-1'],
  ['account', 'list'],
  ['session', 'list'],
  ['link', 'list'],
  ['quarantine', 'list'],
  ['quarantine', 'held'],
  ['votes', 'exclusions'],
  ['journal', 'list', '--terminal', 't-1'],
  ['audit', 'list'],
  ['audit', 'verify'],
  ['authority', 'export'],
  ['check'],
];

/** What changes something that is there makes no database on a wrong folder either. */
const CHANGES = [
  ['account', 'password', 'wang'],
  ['window', 'add', '--unit', 'u', '--name', 'x'],
  ['terminal', 'revoke', '--terminal', 't-1', '--reason', 'x'],
  ['quarantine', 'release', '--all', '--reason', 'x'],
];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'manyi-reads-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Names and contents of everything in a folder. */
const contents = (dataDir: string) =>
  Object.fromEntries(
    readdirSync(dataDir, { recursive: true }).map((name) => {
      const path = join(dataDir, String(name));
      const isFile = statSync(path).isFile();
      return [name, isFile ? createHash('sha256').update(readFileSync(path)).digest('hex') : 'folder'];
    }),
  );

describe.each([...READS, ...CHANGES].map((args) => [args.join(' '), args] as const))(
  'manyi %s',
  (_name, args) => {
    it('in an empty folder makes nothing, and says what is missing', async () => {
      const empty = mkdtempSync(join(folder, 'empty-'));
      const { code, err, out } = await manyi(empty, ...args);
      expect(err).toMatch(/^(storage|authority|audit-key)-missing: [^\n]+\n$/);
      expect([code, out, readdirSync(empty)]).toEqual([1, '', []]);
      const missing = join(empty, 'not', 'there');
      expect((await manyi(missing, ...args)).err).toMatch(/^(storage|authority|audit-key)-missing: /);
      expect(readdirSync(empty)).toEqual([]);
    });
  },
);

describe('beside a gateway', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
    await gateway.add((org) => {
      org.unit('city', '云岭市');
      org.window('w-1', 'city', '一号');
      org.terminal('t-1', 'w-1');
    });
  });
  afterAll(() => gateway.dispose());

  it('that runs, it does not read again', async () => {
    const other = createSqliteStore({ file: databaseFile(gateway.dataDir) });
    try {
      const refused = ['window', 'add', '--unit', 'nowhere', '--name', 'x'];
      // Whoever closes a database that has grown leaves SQLite's own statistics, once.
      await manyi(gateway.dataDir, ...refused);
      const version = () => other.upkeep.foreignVersion();
      /** The gateway itself writes now and then (who was heard of, sums of what was pressed): not three times in a row, while a command runs. */
      const leavesAlone = async (args: readonly string[], code: (code: number) => void) => {
        for (let tries = 3; tries > 0; tries--) {
          const before = await version();
          code((await manyi(gateway.dataDir, ...args)).code);
          if ((await version()) === before) return true;
        }
        return false;
      };
      for (const args of READS)
        expect([args, await leavesAlone(args, (code) => expect([args, code]).toEqual([args, 0]))]).toEqual([
          args,
          true,
        ]);
      expect(await leavesAlone(refused, (code) => expect(code).not.toBe(0))).toBe(true);
      const before = await version();
      await manyi(gateway.dataDir, 'window', 'add', '--unit', 'city', '--name', 'x');
      expect(await other.upkeep.foreignVersion()).not.toBe(before);
    } finally {
      other.close();
    }
  }, 200_000);

  it('says of each terminal who was heard of, and whose certificate is good', async () => {
    const list = async () => JSON.parse((await manyi(gateway.dataDir, 'terminal', 'list', '--json')).out);
    await manyi(gateway.dataDir, 'terminal', 'add', '--window', 'w-1', '--id', 't-2');
    expect(await list()).toMatchObject([
      {
        id: 't-1',
        windowId: 'w-1',
        windowName: '一号',
        heard: 'never',
        lastSeenAt: null,
        certificate: 'good',
      },
      { id: 't-2', heard: 'never', certificate: 'none', codeExpiresAt: expect.any(String) },
    ]);
    const store = createSqliteStore({ file: databaseFile(gateway.dataDir) });
    const terminals = await store.org.terminals();
    const keyOf = (id: string) => terminals.find((one) => one.id === id)?.key as number;
    const seen = [
      { terminalKey: keyOf('t-1'), at: Date.now() - 60_000 },
      { terminalKey: keyOf('t-2'), at: Date.now() - 600_000 },
    ];
    await store.org.noteSeen(seen, Date.now());
    await store.fleet.change(async (tx) => {
      await tx.addCertificate({
        serial: 'AA',
        terminalKey: keyOf('t-2'),
        publicKey: '00',
        issuedAt: 0,
        expiresAt: Date.now() - 1,
      });
      const by: By = { actor: { kind: 'cli', user: 'test' }, origin: 'local' };
      return tx.audited(
        { by, action: 'certificate.issue', target: { kind: 'terminal', id: 't-2' } },
        undefined,
      );
    });
    store.close();
    await manyi(gateway.dataDir, 'terminal', 'revoke', '--terminal', 't-1', '--reason', 'stolen');
    expect(await list()).toMatchObject([
      { id: 't-1', heard: 'recently', certificate: 'revoked', certificateExpiresAt: null },
      { id: 't-2', heard: 'silent', certificate: 'expired' },
    ]);
    const inWords = (await manyi(gateway.dataDir, 'terminal', 'list')).out;
    expect(inWords).toContain('as the gateway has saved it');
    expect((await manyi(gateway.dataDir, 'terminal', 'list', '--print', 'heard')).out).toBe(
      'recently\nsilent\n',
    );
  });

  it('that has stopped, it changes no file', async () => {
    await gateway.stop();
    const before = contents(gateway.dataDir);
    for (const args of READS) expect([args, (await manyi(gateway.dataDir, ...args)).code]).toEqual([args, 0]);
    expect(contents(gateway.dataDir)).toEqual(before);
  });

  it('that was killed, it makes and removes no file, and leaves the database as it is', async () => {
    await gateway.start();
    await gateway.kill();
    const before = contents(gateway.dataDir);
    expect(Object.keys(before)).toContain('manyi.db-wal');
    for (const args of READS) expect([args, (await manyi(gateway.dataDir, ...args)).code]).toEqual([args, 0]);
    // The index of the log is rebuilt in place; it is no data.
    const { 'manyi.db-shm': _before, ...kept } = before;
    const { 'manyi.db-shm': _after, ...found } = contents(gateway.dataDir);
    expect(found).toEqual(kept);
  });
});
