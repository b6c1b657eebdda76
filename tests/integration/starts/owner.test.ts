/**
 * The service's user and root on one data folder: what root makes there is the folder's owner's, and what is not ours to use is
 * said before anything is changed.
 */
import { chownSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NOBODY, OTHER_USERS, openFolder } from '../../support/other-user.ts';
import { have, succeeds } from '../../support/prerequisites.ts';
import { runProgram, SENTENCE, startProgram } from '../../support/program.ts';
import { until } from '../../support/wait.ts';

let parent: string;
let dataDir: string;
beforeEach(() => {
  parent = openFolder('manyi-owner-');
  dataDir = join(parent, 'data');
  mkdirSync(dataDir);
  chownSync(dataDir, NOBODY.uid, NOBODY.gid);
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

/** Everything in a folder and the folder, by whose it is. */
function owners(folder: string): Record<string, number> {
  const paths = readdirSync(folder, { recursive: true }).map((path) => join(folder, String(path)));
  return Object.fromEntries([folder, ...paths].map((path) => [path, statSync(path).uid]));
}
const notOf = (uid: number, folder: string) =>
  Object.entries(owners(folder)).filter(([, owner]) => owner !== uid);

const asRoot = (...args: string[]) => runProgram('manyi', { args: ['--data-dir', dataDir, ...args] });
const asNobody = (...args: string[]) =>
  runProgram('manyi', { args: ['--data-dir', dataDir, ...args], user: NOBODY, cwd: '/' });
const gatewayAs = (user?: typeof NOBODY) =>
  startProgram('gateway', { env: { MANYI_DATA_DIR: dataDir }, user, cwd: '/' });

async function starts(user?: typeof NOBODY) {
  const gateway = gatewayAs(user);
  await gateway.says('"gateway ready"');
  // Also the log and the index beside the database, which are there while it runs.
  expect(notOf(NOBODY.uid, dataDir)).toEqual([]);
  expect(await gateway.stop()).toBe(0);
}

describe.runIf(have(OTHER_USERS))("root in the service's data folder", () => {
  it('makes the first database, the keys and a terminal, and the service starts on them', async () => {
    expect((await asRoot('unit', 'add', '--name', '大厅', '--id', 'hall')).err).toBe('');
    await asRoot('window', 'add', '--unit', 'hall', '--name', '一号', '--id', 'w-1');
    await asRoot('terminal', 'add', '--window', 'w-1', '--id', 't-1');
    await asRoot('terminal', 'list');
    expect(notOf(NOBODY.uid, dataDir)).toEqual([]);
    expect(readdirSync(dataDir).sort()).toEqual(['audit.key', 'manyi.db', 'pki']);
    await starts(NOBODY);
  });

  it('in a folder that is not there yet, in the home of the service', async () => {
    chownSync(parent, NOBODY.uid, NOBODY.gid);
    rmSync(dataDir, { recursive: true });
    await asRoot('unit', 'add', '--name', '大厅');
    expect(notOf(NOBODY.uid, dataDir)).toEqual([]);
    await starts(NOBODY);
  });

  it('runs the gateway once, and the service starts after it', async () => {
    await starts();
    expect(notOf(NOBODY.uid, dataDir)).toEqual([]);
    await starts(NOBODY);
  });

  it('restores, and the service starts on what was restored', async () => {
    await asNobody('unit', 'add', '--name', '大厅', '--id', 'hall');
    await starts(NOBODY);
    const backup = join(parent, 'backup');
    expect((await asRoot('backup', '--to', backup)).code).toBe(0);
    // Beside the data, in root's own folder: it holds the keys.
    expect(notOf(0, backup)).toEqual([]);
    await asNobody('unit', 'add', '--name', '后来的', '--id', 'later');
    expect((await asRoot('restore', backup)).code).toBe(0);
    expect(readdirSync(dataDir).some((name) => name.startsWith('replaced-'))).toBe(true);
    expect(notOf(NOBODY.uid, dataDir)).toEqual([]);
    await starts(NOBODY);
    expect((await asNobody('unit', 'list')).out).toContain('hall');
  });

  it('makes a terminal journal and identity that its service can go on with', async () => {
    const env = {
      MANYI_TERMINAL: 't-1',
      MANYI_JOURNAL: join(dataDir, 'journal.db'),
      MANYI_IDENTITY: join(dataDir, 'identity'),
      MANYI_ENROLMENT_CODE: 't-1.aaaaaaaaaaaaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaa',
      MANYI_GATEWAY: 'mqtts://127.0.0.1:9',
    };
    for (const user of [undefined, NOBODY]) {
      const terminal = startProgram('terminal', { env, user, cwd: '/' });
      await terminal.says('"terminal ready"');
      terminal.child.stdin?.write('1');
      await terminal.says('"press thanked"');
      expect(notOf(NOBODY.uid, dataDir)).toEqual([]);
      await terminal.stop();
    }
  });
});

describe.runIf(have(OTHER_USERS))('files that are not ours', () => {
  /** As an earlier version, or a copy by hand, has left them. */
  const takeAway = (...names: string[]) => {
    for (const name of names) succeeds('chown', ['-R', '0:0', join(dataDir, name)]);
  };
  beforeEach(async () => {
    await starts(NOBODY);
    await asNobody('unit', 'add', '--name', '大厅', '--id', 'hall');
  });

  it.each(['manyi.db', 'audit.key', 'gateway.lock', 'pki', 'pki/authority.pem'])(
    '%s: the start says whose it is and what to run, and has changed nothing',
    async (name) => {
      takeAway(name);
      const before = owners(dataDir);
      const gateway = gatewayAs(NOBODY);
      expect(await gateway.ended).toBe(1);
      expect(gateway.err()).toMatch(SENTENCE('storage-not-ours'));
      expect(gateway.err()).toContain(`${join(dataDir, name)} is owned by root, and this runs as nobody`);
      expect(gateway.err()).toContain(`sudo chown -R nobody ${dataDir}`);
      expect(owners(dataDir)).toEqual(before);
      // What was told helps.
      succeeds('chown', ['-R', 'nobody', dataDir]);
      await starts(NOBODY);
    },
  );

  it('the whole folder: commands that read and write, a backup and a restore say it, too', async () => {
    const backup = join(parent, 'backup');
    await asRoot('backup', '--to', backup);
    succeeds('chown', ['-R', '0:0', dataDir]);
    const before = owners(parent);
    for (const command of [
      ['unit', 'list'],
      ['unit', 'add', '--name', 'x'],
      ['check'],
      ['audit', 'verify'],
      ['backup', '--to', join(parent, 'another')],
      ['restore', backup],
      ['authority', 'export'],
    ]) {
      const { code, err } = await asNobody(...command);
      expect([command, err]).toEqual([command, expect.stringMatching(SENTENCE('storage-not-ours'))]);
      expect(code).toBe(1);
    }
    expect(owners(parent)).toEqual(before);
  });

  it('a journal: the terminal says it, and takes presses as soon as it is given back', async () => {
    const journal = join(dataDir, 'journal.db');
    const env = {
      MANYI_TERMINAL: 't-1',
      MANYI_JOURNAL: journal,
      MANYI_IDENTITY: join(dataDir, 'identity'),
      MANYI_GATEWAY: 'mqtts://127.0.0.1:9',
    };
    const before = startProgram('terminal', { env, user: NOBODY, cwd: '/' });
    await before.says('"terminal ready"');
    await before.stop();
    takeAway('journal.db');
    const terminal = startProgram('terminal', { env, user: NOBODY, cwd: '/' });
    await terminal.says('"terminal ready"');
    expect(terminal.err()).toContain('"code":"storage-not-ours"');
    expect(terminal.err()).toContain(`${journal} is owned by root, and this runs as nobody`);
    chownSync(journal, NOBODY.uid, NOBODY.gid);
    let typed = 0;
    await until('a press to be thanked', () => {
      terminal.child.stdin?.write('1');
      typed += 1;
      return terminal.err().includes('"press thanked"');
    });
    expect(typed).toBeGreaterThan(0);
    await terminal.stop();
  });

  it('an identity: the terminal says it, and goes on taking presses', async () => {
    const identity = join(dataDir, 'identity');
    mkdirSync(identity, { mode: 0o700 });
    const env = {
      MANYI_TERMINAL: 't-1',
      MANYI_JOURNAL: join(dataDir, 'journal.db'),
      MANYI_IDENTITY: identity,
      MANYI_GATEWAY: 'mqtts://127.0.0.1:9',
    };
    const terminal = startProgram('terminal', { env, user: NOBODY, cwd: '/' });
    await terminal.says('"terminal ready"');
    expect(terminal.err()).toContain('"code":"storage-not-ours"');
    expect(terminal.err()).toContain(`${identity} is owned by root, and this runs as nobody`);
    terminal.child.stdin?.write('1');
    await terminal.says('"press thanked"');
    await terminal.stop();
  });
});
