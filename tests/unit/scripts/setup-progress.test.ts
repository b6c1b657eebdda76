import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

type Seen = { done?: number; all?: number; unit?: string; doing?: string };
type Npm = { look(): Seen; hear(line: string): void };
type Progress = {
  StepFailed: new (...args: never[]) => Error;
  formatSpan(ms: number): string;
  describeProgress(seen: Seen, elapsedMs: number): string;
  fitLine(text: string, columns: number | undefined): string;
  runStep(step: object): Promise<void>;
};
type NpmProgress = {
  isNpmChatter(line: string): boolean;
  packagesOf(lock: object): string[];
  watchNpm(root: string): Npm;
};

/** Setup is plain JavaScript: it runs before anything is compiled. */
const load = async (name: string) => import(new URL(`../../../scripts/setup/${name}`, import.meta.url).href);
const { describeProgress, fitLine, formatSpan, runStep, StepFailed } = (await load(
  'progress.mjs',
)) as Progress;
const { isNpmChatter, packagesOf, watchNpm } = (await load('npm-progress.mjs')) as NpmProgress;

describe('how far a step is', () => {
  it('is counted, timed, and estimated only from a pace that was seen', () => {
    const half = { done: 60, all: 120, unit: 'packages' };
    expect(describeProgress(half, 30_000)).toBe('30 s · 60 of 120 packages · about 30 s more');
    expect(describeProgress({ ...half, done: 6 }, 30_000)).toBe('30 s · 6 of 120 packages');
    expect(describeProgress(half, 1_000)).toBe('1 s · 60 of 120 packages');
    expect(describeProgress({ ...half, done: 120 }, 30_000)).toBe('30 s');
    expect(describeProgress({ done: 0, all: 0 }, 1_000)).toBe('1 s');
    expect(describeProgress({ doing: 'making x' }, 185_000)).toBe('3 min 5 s · making x');
    expect(formatSpan(59_400)).toBe('59 s');
  });

  it('is a line that does not wrap, however narrow the terminal', () => {
    for (const columns of [undefined, 0, 1, 40, 80, 300]) {
      const line = fitLine(`· Installing the npm packages … ${'x'.repeat(400)}`, columns);
      expect([...line].length).toBeLessThan(Math.max(21, columns ?? 80));
    }
    expect(fitLine('short', 80)).toBe('short');
  });
});

describe('npm ci', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'manyi-npm-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const unpack = (path: string) => {
    mkdirSync(dirname(join(root, path, 'package.json')), { recursive: true });
    writeFileSync(join(root, path, 'package.json'), '{}');
  };

  it('is as far as packages are unpacked, and says what it compiles', () => {
    const packages = {
      '': {},
      device: {},
      'node_modules/@manyi/device': { link: true },
      'node_modules/a': {},
      'node_modules/@b/c': {},
      'node_modules/a/node_modules/d': {},
      'node_modules/only-on-other-systems': { optional: true },
    };
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages }));
    const npm = watchNpm(root);
    expect(npm.look()).toEqual({ done: 0, all: 3, unit: 'packages' });
    unpack('node_modules/a');
    mkdirSync(join(root, 'node_modules/@b/c'), { recursive: true });
    expect(npm.look()).toMatchObject({ done: 1 });
    unpack('node_modules/@b/c');
    unpack('node_modules/a/node_modules/d');
    expect(npm.look()).toMatchObject({ done: 3, all: 3 });
    npm.hear(
      'npm info run better-sqlite3@12.9.0 install node_modules/better-sqlite3 prebuild-install || node-gyp rebuild',
    );
    expect(npm.look()).toMatchObject({ doing: expect.stringContaining('better-sqlite3') });
    npm.hear('npm info run better-sqlite3@12.9.0 install { code: 0, signal: null }');
    expect(npm.look()).not.toHaveProperty('doing');
  });

  it('counts what the lock file has of this product', () => {
    const lock = JSON.parse(readFileSync(new URL('../../../package-lock.json', import.meta.url), 'utf8'));
    const paths = packagesOf(lock);
    expect(paths.length).toBeGreaterThan(100);
    expect(paths.filter((path) => path.includes('@manyi/'))).toEqual([]);
  });
});

describe('a step', () => {
  const script = (code: string) => ({ command: process.execPath, args: ['-e', code], cwd: process.cwd() });
  let said: string;
  beforeEach(() => {
    said = '';
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      said += String(text);
      return true;
    });
  });
  afterEach(() => void vi.restoreAllMocks());

  it('that ends well says so once on what is no terminal, in whole lines', async () => {
    await runStep({ title: 'Counting', ...script('console.log("a")') });
    expect(said).toMatch(/^· Counting …\n✓ Counting \(\d+ s\)\n$/);
  });

  it('that fails shows what it said, without the chatter that its progress was read from', async () => {
    const heard: string[] = [];
    const failing = runStep({
      title: 'Installing',
      ...script('console.log("npm http fetch GET 200 x\\nnpm error E404 gone"); process.exitCode = 3'),
      hear: (line: string) => heard.push(line),
      isNoise: isNpmChatter,
    });
    const failure = await failing.catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StepFailed);
    expect(failure).toMatchObject({
      message: 'Installing: ended with code 3',
      output: 'npm error E404 gone',
    });
    expect(heard).toEqual(['npm http fetch GET 200 x', 'npm error E404 gone']);
  });
});
