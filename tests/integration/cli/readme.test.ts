/** What README tells to paste is pasted: the commands that set a gateway up. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../../gateway/cli/run.ts';
import { manyi } from '../../support/cli.ts';

const run = promisify(execFile);
const root = new URL('../../..', import.meta.url).pathname;
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const blocks = [...readme.matchAll(/```sh\n([^`]*)```/g)].map(([, text]) => text as string);

describe('README', () => {
  it.each([
    // Where bash takes its input for a network's, it would read its settings first.
    ['bash', ['--norc']],
    ['sh', []],
  ])('its set-up can be pasted into %s', async (shell, options) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'manyi-readme-'));
    try {
      const block = blocks.find((text) => text.includes('manyi unit add')) as string;
      const env = { ...process.env, MANYI_DATA_DIR: dataDir };
      const { stdout, stderr } = await run(shell, [...options, '-euc', block], { cwd: root, env });
      expect(stderr).toBe('');
      expect(stdout).toMatch(/^code +t-\w+\.\w+\.\w+$/m);
      expect(stdout).toMatch(/^path +\/wall\/#token=manyi_/m);
      expect(stdout).toMatch(/^oneTimePassword +\S+$/m);
      const json = async (...args: string[]) => JSON.parse((await manyi(dataDir, ...args, '--json')).out);
      const [district, hall] = await json('unit', 'list');
      expect(hall).toMatchObject({ name: '政务服务中心', parentId: district.id });
      const [counter] = await json('window', 'list');
      expect(counter).toMatchObject({ name: '社会保险窗口', unitId: hall.id });
      expect(await json('terminal', 'list')).toMatchObject([{ windowId: counter.id }]);
    } finally {
      rmSync(dataDir, { recursive: true, force: true });
    }
  });

  const commandsIn = (command: Command): Command[] =>
    command.commands.length === 0 ? [command] : command.commands.flatMap((one) => commandsIn(one));

  it('every command and every option says what it does', () => {
    const all = createProgram();
    const silent = [all, ...all.commands, ...commandsIn(all)].flatMap((command) => [
      ...(command.description() === '' ? [command.name()] : []),
      ...command.options
        .filter(({ description }) => description === '')
        .map(({ flags }) => `${command.name()} ${flags}`),
    ]);
    expect(silent).toEqual([]);
  });

  it('names no command of the command line that is not there', () => {
    const all = createProgram();
    const named = [...readme.matchAll(/manyi (?:-- )?([a-z]+)(?: ([a-z]+))?/g)];
    expect(named.length).toBeGreaterThan(5);
    const unknown = named.filter(([, first, second]) => {
      const found = all.commands.find((one) => one.name() === first);
      if (found === undefined) return true;
      return (
        found.commands.length > 0 &&
        second !== undefined &&
        !found.commands.some((one) => one.name() === second)
      );
    });
    expect(unknown.map(([text]) => text)).toEqual([]);
  });

  it('a field that is not in the answer is said, with what was done', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'manyi-readme-'));
    const { code, err } = await manyi(dataDir, 'unit', 'add', '--name', 'x', '--print', 'ident');
    rmSync(dataDir, { recursive: true, force: true });
    expect([code, err]).toEqual([1, expect.stringMatching(/^field-unknown: .*"id":"u-/)]);
  });

  it('a mistake on the command line is one coded sentence, also as JSON', async () => {
    const { code, err } = await manyi('/nowhere', 'unit', 'add', '--json');
    expect([code, JSON.parse(err)]).toMatchObject([1, { error: { code: 'argument-invalid' } }]);
  });
});
