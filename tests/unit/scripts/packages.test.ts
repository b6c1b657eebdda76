import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { have, succeeds } from '../../support/prerequisites.ts';

type Elf = {
  readElf(path: string): { machine: number; glibc: [number, number] };
  assertFits(path: string, machine: number, glibc: [number, number]): void;
};
type Deb = {
  put(folder: string, path: string, content: string, mode?: number): void;
  putZipped(folder: string, path: string, text: string): void;
  buildDeb(deb: object): string;
};
type Programs = { packagesOfPages(root: string): string[] };
type Bundled = {
  packagesBelow(root: string, from: string, names: string[]): string[];
  licencesOf(folders: string[]): string;
};

const at = (path: string) => new URL(`../../../${path}`, import.meta.url);
const load = async (name: string) => (await import(at(`scripts/package/${name}.mjs`).href)) as unknown;
const { readElf, assertFits } = (await load('elf')) as Elf;
const { put, putZipped, buildDeb } = (await load('deb')) as Deb;
const { packagesBelow, licencesOf } = (await load('bundled')) as Bundled;
const { packagesOfPages } = (await load('programs')) as Programs;

const DPKG = {
  name: 'dpkg-deb',
  howToGetIt: 'Debian and its children have it',
  isThere: () => succeeds('dpkg-deb', ['--version']),
};
const SYSTEMD = {
  name: 'systemd-analyze',
  howToGetIt: 'apt-get install systemd',
  isThere: () => succeeds('systemd-analyze', ['--version']),
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'manyi-packages-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe.runIf(have(DPKG))('a package', () => {
  function build(name: string, epochS: number): Buffer {
    const root = join(folder, name);
    const debian = join(folder, `${name}-debian`);
    mkdirSync(debian);
    writeFileSync(join(debian, 'description'), 'for a test\n It holds next to nothing.\n');
    writeFileSync(join(debian, 'postinst'), '#!/bin/sh\n');
    for (const path of name === 'first' ? ['a/1', 'a/2', 'b'] : ['b', 'a/2', 'a/1'])
      put(root, `usr/lib/manyi-test/${path}`, path.repeat(2_000));
    put(root, 'etc/manyi/test.env', 'MANYI_LANG=en\n', 0o640);
    putZipped(root, 'usr/share/doc/manyi-test/changelog', 'nothing\n');
    // Another umask, another day.
    chmodSync(join(root, 'usr/lib'), name === 'first' ? 0o700 : 0o775);
    utimesSync(join(root, 'usr/lib/manyi-test/b'), 1, name === 'first' ? 1 : 2);
    const fields = {
      Package: 'manyi-test',
      Version: '1',
      Architecture: 'all',
      Maintainer: 'Manyi <packages@manyi.example>',
    };
    return readFileSync(
      buildDeb({ folder: root, debian, fields, epochS, output: join(folder, `${name}-out`) }),
    );
  }

  it('has the same bytes whoever builds it, whenever, in whatever order', () => {
    const first = build('first', 1_790_000_000);
    expect(build('second', 1_790_000_000).equals(first)).toBe(true);
    expect(build('third', 1_790_000_001).equals(first)).toBe(false);
  });

  it('belongs to root, keeps settings through updates and runs its scripts', () => {
    build('first', 1_790_000_000);
    const deb = join(folder, 'first-out/manyi-test_1_all.deb');
    const list = execFileSync('dpkg-deb', ['-c', deb], { encoding: 'utf8' });
    expect(list).toMatch(/^-rw-r----- root\/root .* \.\/etc\/manyi\/test\.env$/m);
    expect(list).toMatch(/^drwxr-xr-x root\/root .* \.\/usr\/lib\/$/m);
    expect(execFileSync('dpkg-deb', ['-I', deb, 'conffiles'], { encoding: 'utf8' })).toBe(
      '/etc/manyi/test.env\n',
    );
    expect(execFileSync('dpkg-deb', ['-I', deb], { encoding: 'utf8' })).toContain('postinst');
  });
});

describe('what is compiled', () => {
  const own = process.arch === 'arm64' ? 183 : 62;

  it.runIf(process.platform === 'linux')('is for the machine that it is packed for, and for no other', () => {
    const { machine, glibc } = readElf(process.execPath);
    expect(machine).toBe(own);
    expect(glibc[0]).toBe(2);
    expect(() => assertFits(process.execPath, own, [2, 99])).not.toThrow();
    expect(() => assertFits(process.execPath, own === 62 ? 183 : 62, [2, 99])).toThrow('wrong-machine');
  });

  it.runIf(process.platform === 'linux')('asks for no newer C library than is promised', () => {
    expect(() => assertFits(process.execPath, own, [2, 4])).toThrow('glibc-too-new');
  });

  it('is compiled at all', () => {
    writeFileSync(join(folder, 'text'), 'no program');
    expect(() => readElf(join(folder, 'text'))).toThrow('not-elf');
  });
});

it('a program takes the packages that its packages need with it, each once', () => {
  const module = (path: string, dependencies: object) =>
    put(folder, `${path}/package.json`, JSON.stringify({ name: path, dependencies }));
  module('node_modules/a', { b: '1', c: '1' });
  module('node_modules/b', { a: '1' });
  module('node_modules/c', { b: '2' });
  module('node_modules/c/node_modules/b', {});
  module('node_modules/unused', {});
  const found = packagesBelow(folder, join(folder, 'device'), ['a']);
  expect(found.map((path) => path.slice(folder.length + 1))).toEqual([
    'node_modules/a',
    'node_modules/b',
    'node_modules/c',
    'node_modules/c/node_modules/b',
  ]);
  expect(() => packagesBelow(folder, folder, ['gone'])).toThrow('package-missing');
});

it('the licences of what the pages are made of go with them, and none of their bundler', () => {
  const folders = packagesOfPages(at('').pathname.replace(/\/$/, ''));
  const names = folders.map((path) => path.replace(/^.*\/node_modules\//, ''));
  expect(names).toEqual(expect.arrayContaining(['@preact/signals', 'echarts', 'preact', 'zrender']));
  expect(names).not.toContain('vite');
  const texts = licencesOf(folders);
  expect(texts).toMatch(/^echarts [\d.]+ \(Apache-2\.0\)$/m);
  // Its NOTICE, and the licence of what it has taken in.
  expect(texts).toContain('Apache ECharts\nCopyright');
  expect(texts).toContain('Bostock');
});

describe.runIf(have(SYSTEMD))('a service', () => {
  it.each([
    ['device', 'manyi-terminal', 20],
    ['gateway', 'manyi-gateway', 25],
  ])('%s may do little', (room, unit, mostTenths) => {
    const path = at(`${room}/debian/files/usr/lib/systemd/system/${unit}.service`).pathname;
    const args = ['security', '--offline=yes', '--no-pager', `--threshold=${mostTenths}`, path];
    expect(execFileSync('systemd-analyze', args, { encoding: 'utf8' })).toContain('Overall exposure level');
  });
});
