/** A folder that somebody else has made, given to `manyi backup verify` and `manyi restore`. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createManyi } from '../../support/manyi.ts';

let folder: string;
let good: string;
const dataDir = () => join(folder, 'data');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'manyi-hostile-backup-'));
  good = join(folder, 'good');
  const manyi = createManyi({ dataDir: dataDir() });
  await manyi('unit', 'add', '--name', '大厅', '--id', 'hall');
  await manyi('backup', '--to', good);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const HOSTILE: [what: string, spoil: (backup: string) => void, code: string][] = [
  [
    'a manifest that is a pipe, which would be read for ever',
    (backup) => {
      rmSync(join(backup, 'manifest.json'));
      execFileSync('mkfifo', [join(backup, 'manifest.json')]);
    },
    'backup-unreadable',
  ],
  [
    'a manifest that is a link to elsewhere',
    (backup) => {
      renameSync(join(backup, 'manifest.json'), `${backup}.json`);
      symlinkSync(`${backup}.json`, join(backup, 'manifest.json'));
    },
    'backup-unreadable',
  ],
  [
    'a file whose name speaks to the terminal of whoever looks',
    (backup) => writeFileSync(join(backup, '\x1b]0;owned\x07\x1b[2J'), ''),
    'backup-changed',
  ],
];

it.each(HOSTILE)(
  '%s',
  async (_what, spoil, code) => {
    const backup = join(folder, code + Math.random());
    cpSync(good, backup, { recursive: true });
    spoil(backup);
    const refused = await createManyi({ dataDir: dataDir() })('restore', backup).catch((error) => error);
    expect(refused.stderr).toContain(`${code}: `);
    expect(refused.stderr.trim()).not.toMatch(/\p{Cc}/u);
  },
  15_000,
);
