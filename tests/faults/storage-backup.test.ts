/** A backup made while votes pour in, put back: every vote that it does not have comes back from the journals. */
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Scores } from '../../protocol/score.ts';
import { manyi } from '../support/cli.ts';
import { ADMIN_PASSWORD, startGateway, type TestGateway } from '../support/gateway.ts';
import { batchOf } from '../support/ledger-home.ts';
import { expectScoresEqualRecount, expectStoredEqualsThanked, storedVotes } from '../support/recount.ts';
import { createStoreHome, voteRecord } from '../support/store.ts';
import { type Key, startTerminal, type TerminalProcess } from '../support/terminal-process.ts';
import { plant } from '../support/tree.ts';
import { until } from '../support/wait.ts';
import { scaled, seededRandom } from './seed.ts';

const KEYS: readonly Key[] = ['1', '2', '3'];
/** Of a terminal that is not there any more: so many that copying takes a while. */
const OLD_VOTES = scaled(20_000, 600_000);

let gateway: TestGateway;
let folder: string;
let terminals: TerminalProcess[];
let backup: string;
const random = seededRandom('storage-backup');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'manyi-backup-'));
  gateway = await startGateway();
  terminals = [];
  await gateway.add((org) => {
    org.unit('town', '云岭镇');
    for (const id of ['w1', 'w2', 'w3']) org.window(id, 'town', id);
  });
  await gateway.stop();
  const home = createStoreHome(gateway.dataDir);
  const store = home.open();
  await plant(store, { terminals: [{ id: 't-old', windowId: 'w3' }] });
  const [old] = await store.org.terminals();
  const journalKey = (await store.ledger.openJournal(old?.key as number, 'ee'.repeat(16))).key;
  const from = Date.now() - 20 * 86_400_000;
  const votes = Array.from({ length: OLD_VOTES }, (_, index) =>
    voteRecord({
      journalKey,
      seq: index + 1,
      windowKey: 3,
      at: from + index * 1_000,
      rating: (index % 3) as 0,
    }),
  );
  await store.ledger.commit(batchOf({ votes }));
  store.close();
  mkdirSync(join(gateway.dataDir, 'pki'), { recursive: true });
  writeFileSync(join(gateway.dataDir, 'pki', 'extra-authority.pem'), 'a certificate');
  await gateway.start();
  const logins: Parameters<typeof startTerminal>[0]['login'][] = [];
  await gateway.add((org) => {
    for (const number of [1, 2]) logins.push(org.terminal(`t-${number}`, `w${number}`));
  });
  for (const login of logins) terminals.push(await startTerminal({ gateway, login, folder }));
  await until('both to be connected', () => terminals.every((one) => one.isConnected()));
  backup = join(folder, 'backups', 'monday');
});
afterAll(async () => {
  for (const terminal of terminals) await terminal.end('SIGKILL');
  await gateway.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const run = (...args: string[]) => manyi(gateway.dataDir, ...args);
const press = (count: number) =>
  Promise.all(terminals.map((one) => one.pressMany(Array.from({ length: count }, () => random.pick(KEYS)))));

describe('a backup', () => {
  it('is consistent while votes pour in, private, and verified', async () => {
    let isDone = false;
    const pouring = (async () => {
      do await press(5);
      while (!isDone);
    })();
    const made = await run('backup', '--to', backup, '--json');
    isDone = true;
    await pouring;
    expect(made.err).toBe('');
    const { votes, auditHead } = JSON.parse(made.out);
    expect(votes).toBeGreaterThanOrEqual(OLD_VOTES);
    expect(readdirSync(backup).sort()).toEqual(['audit.key', 'manifest.json', 'manyi.db', 'pki']);
    expect(statSync(backup).mode & 0o777).toBe(0o700);
    for (const name of ['audit.key', 'manifest.json', 'manyi.db', 'pki/extra-authority.pem'])
      expect(statSync(join(backup, name)).mode & 0o777, name).toBe(0o600);
    expect(existsSync(`${backup}.partial`)).toBe(false);
    const verified = await run('backup', 'verify', backup, '--json');
    expect(JSON.parse(verified.out)).toMatchObject({ votes, auditHead });
    const { out } = await run('audit', 'list', '--json');
    const actions = JSON.parse(out).map(({ action }: { action: string }) => action);
    expect(actions.filter((action: string) => action.startsWith('backup.'))).toEqual([
      'backup.create',
      'backup.begin',
    ]);
    expect(out + made.out).not.toContain(readFileSync(join(backup, 'audit.key')).toString('hex'));
  });

  it('is never written over another, nor over one that was cut off', async () => {
    expect(await run('backup', '--to', backup)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^backup-exists: /),
    });
    mkdirSync(join(folder, 'tuesday.partial'));
    expect(await run('backup', '--to', join(folder, 'tuesday'))).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^backup-unfinished: /),
    });
    rmSync(join(folder, 'tuesday.partial'), { recursive: true });
  });

  it('is not put back while a gateway runs', async () => {
    const refused = await run('restore', backup);
    expect(refused).toMatchObject({ code: 1, err: expect.stringMatching(/^data-in-use: /) });
  });

  it('brings every vote back: what it does not have, terminals send again', async () => {
    await press(10);
    const before = await expectStoredEqualsThanked(gateway, terminals);
    await until('the horizon of every terminal to be acknowledged', async () =>
      (await gateway.scores()).every(
        ({ id, completeness }) => !/^w[12]$/.test(id) || completeness.state === 'complete',
      ),
    );
    expect(await gateway.stop()).toBe(0);
    const restored = await run('restore', backup, '--json');
    expect(restored.err).toBe('');
    const { aside, differingRollups } = JSON.parse(restored.out);
    expect(differingRollups).toBe(0);
    expect(existsSync(join(aside, 'manyi.db'))).toBe(true);
    const without = storedVotes(gateway.dataDir).filter(({ terminal }) => terminal !== 't-old').length;
    expect(without).toBeLessThan(before.stored);

    await gateway.start();
    expect(await expectStoredEqualsThanked(gateway, terminals)).toEqual(before);
    await press(2);
    await expectStoredEqualsThanked(gateway, terminals);
    // Sessions end with a restore: one that was ended after the backup must not be open again.
    expect((await gateway.fetch('/api/v1/scores')).status).toBe(401);
    const admin = await gateway.signIn('admin', ADMIN_PASSWORD);
    const scores = async (period = 'today') =>
      (await admin.getJson<Scores>(`/api/v1/scores?period=${period}`)).rows;
    await expectScoresEqualRecount({ ...gateway, ...admin, scores });
    const { out, code } = await run('audit', 'verify', '--json');
    expect([code, JSON.parse(out).unbroken]).toEqual([0, true]);
    const rows = JSON.parse((await run('audit', 'list', '--json')).out);
    const newest = rows.find(({ action }: { action: string }) => action === 'backup.restore');
    expect(newest).toMatchObject({ action: 'backup.restore', detail: { folder: backup, aside } });
    expect(newest.actor).toMatch(/^cli:./);
  });
});

describe('a backup that is not as it was written', () => {
  it.each<[what: string, code: string, spoil: (copy: string) => void]>([
    ['one byte of the database', 'backup-changed', (copy) => flip(join(copy, 'manyi.db'), 50_000)],
    ['a database cut short', 'backup-changed', (copy) => writeFileSync(join(copy, 'manyi.db'), 'short')],
    ['another key', 'backup-changed', (copy) => writeFileSync(join(copy, 'audit.key'), Buffer.alloc(32))],
    ['a file more', 'backup-changed', (copy) => writeFileSync(join(copy, 'manyi.db-wal'), 'x')],
    ['a file less', 'backup-changed', (copy) => rmSync(join(copy, 'pki', 'extra-authority.pem'))],
    ['no manifest', 'backup-unreadable', (copy) => rmSync(join(copy, 'manifest.json'))],
    [
      'half a manifest',
      'backup-malformed',
      (copy) => writeFileSync(join(copy, 'manifest.json'), '{"format":'),
    ],
    [
      'a path that leads out of it',
      'backup-malformed',
      (copy) => edit(copy, '"audit.key"', '"pki/../../../x"'),
    ],
    ['a number of votes that is wrong', 'backup-changed', (copy) => edit(copy, '"votes": ', '"votes": 9')],
    [
      'more after the manifest',
      'backup-malformed',
      (copy) => appendFileSync(join(copy, 'manifest.json'), '{}'),
    ],
  ])('%s: is refused with %s, and nothing is touched', async (what, code, spoil) => {
    const copy = join(folder, `copy of ${what}`);
    cpSync(backup, copy, { recursive: true });
    spoil(copy);
    expect((await run('backup', 'verify', copy)).err).toMatch(new RegExp(`^${code}: `));
    const empty = mkdtempSync(join(folder, 'other-'));
    const refused = await manyi(empty, 'restore', copy);
    expect([refused.code, refused.err.split(':')[0]]).toEqual([1, code]);
    expect(readdirSync(empty)).toEqual(['gateway.lock']);
  });

  it('leaves a mark when the restore is cut off, and a second one comes to the end', async () => {
    const other = mkdtempSync(join(folder, 'half-'));
    writeFileSync(join(other, 'restore.unfinished'), '');
    expect((await manyi(other, 'unit', 'list')).err).toMatch(/^restore-unfinished: /);
    expect((await manyi(other, 'restore', backup)).code).toBe(0);
    expect(JSON.parse((await manyi(other, 'unit', 'list', '--json')).out)).toHaveLength(1);
  });
});

function flip(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at] = (bytes[at] as number) ^ 1;
  writeFileSync(file, bytes);
}

function edit(folderOfBackup: string, from: string, to: string): void {
  const file = join(folderOfBackup, 'manifest.json');
  const text = readFileSync(file, 'utf8');
  expect(text).toContain(from);
  writeFileSync(file, text.replace(from, to));
}
