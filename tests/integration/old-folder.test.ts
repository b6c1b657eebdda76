/** A data folder of the first schema, and programs of today that come to it at the same time. */
import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { databaseFile } from '../../gateway/store/sqlite/sqlite-store.ts';
import { type CliResult, manyi } from '../support/cli.ts';
import { makeOldFolder } from '../support/old-folder.ts';
import { until } from '../support/wait.ts';

const CLI = new URL('../../dist/gateway/cli/main.js', import.meta.url).pathname;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manyi-old-'));
  chmodSync(folder, 0o700);
  makeOldFolder(databaseFile(folder), 1);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function begin(...args: string[]): { pid: number; ended: Promise<CliResult> } {
  let pid = 0;
  const ended = new Promise<CliResult>((resolve) => {
    const child = execFile(
      process.execPath,
      [CLI, ...args],
      { env: { ...process.env, MANYI_DATA_DIR: folder } },
      (error, out, err) => resolve({ code: error ? Number(error.code ?? -1) : 0, out, err }),
    );
    pid = child.pid as number;
  });
  return { pid, ended };
}

function hasOpen(pid: number, file: string): boolean {
  return readdirSync(`/proc/${pid}/fd`).some((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`) === file;
    } catch {
      return false;
    }
  });
}

it('is brought up to date by one of them, while the others wait for it', async () => {
  // So that all of them are there before the first one begins.
  const db = new Database(databaseFile(folder));
  db.exec('BEGIN IMMEDIATE');
  const ids = ['north', 'south', 'west'];
  const programs = ids.map((id) => begin('unit', 'add', '--id', id, '--name', id, '--parent', 'city'));
  await until('each of them to have the database open', () =>
    programs.every(({ pid }) => hasOpen(pid, databaseFile(folder))),
  );
  db.exec('ROLLBACK');
  db.close();
  const ended = await Promise.all(programs.map((program) => program.ended));
  expect(ended.map(({ code, err }) => ({ code, err }))).toEqual(ids.map(() => ({ code: 0, err: '' })));

  const units = await manyi(folder, 'unit', 'list', '--json');
  const listed = JSON.parse(units.out) as { id: string }[];
  expect(listed.map(({ id }) => id).sort()).toEqual(['city', 'north', 'south', 'town', 'west']);
  expect(await manyi(folder, 'check')).toMatchObject({ code: 0 });
  const verified = await manyi(folder, 'audit', 'verify', '--json');
  expect(JSON.parse(verified.out)).toMatchObject({ unbroken: true, entries: ids.length });
});
