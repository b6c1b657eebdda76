/** Secrets, and what a program remembers: whole, its owner's alone, and nothing is left of what did not become a file. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createOnce,
  readIfThere,
  removeFile,
  replaceFile,
  writeNewFile,
} from '../../../protocol/process/whole-file.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manyi-whole-'));
  path = join(folder, 'key.pem');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const modeOf = (file: string) => statSync(file).mode & 0o777;

describe('a file that is written whole', () => {
  it.each([
    ['replaced', () => replaceFile(path, 'new')],
    ['made once', () => createOnce(path, 'new')],
    ['new', () => writeNewFile(path, 'new')],
  ])('is its owner’s alone, and the only thing that is left: %s', (_, write) => {
    write();
    expect([readIfThere(path), modeOf(path), readdirSync(folder)]).toEqual(['new', 0o600, ['key.pem']]);
  });

  it('takes the place of one that others could read', () => {
    writeFileSync(path, 'old', { mode: 0o644 });
    replaceFile(path, 'new');
    expect([readIfThere(path), modeOf(path), readdirSync(folder)]).toEqual(['new', 0o600, ['key.pem']]);
  });

  it('is not written over where it is to be made once, or new', () => {
    writeFileSync(path, 'old');
    expect(createOnce(path, 'new').toString()).toBe('old');
    expect(() => writeNewFile(path, 'new')).toThrow(/EEXIST/);
    expect([readFileSync(path, 'utf8'), readdirSync(folder)]).toEqual(['old', ['key.pem']]);
  });

  it('leaves nothing behind where it cannot take its place', () => {
    mkdirSync(path);
    expect(() => replaceFile(path, 'secret')).toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
    expect(readdirSync(folder)).toEqual(['key.pem']);
  });

  it('has a folder made for it that is its owner’s alone', () => {
    const inner = join(folder, 'a', 'b', 'key.pem');
    replaceFile(inner, 'new');
    expect([readIfThere(inner), modeOf(join(folder, 'a')), modeOf(join(folder, 'a', 'b'))]).toEqual([
      'new',
      0o700,
      0o700,
    ]);
  });

  it('is gone when it is removed, also twice', () => {
    replaceFile(path, 'new');
    removeFile(path);
    removeFile(path);
    expect([readIfThere(path), readdirSync(folder)]).toEqual([null, []]);
  });
});
