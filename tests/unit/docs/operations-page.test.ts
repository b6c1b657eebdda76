/** docs/operations.md names metrics that there are, and files that there are; each file of its folder is named. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = new URL('../../..', import.meta.url).pathname;
const page = readFileSync(join(root, 'docs/operations.md'), 'utf8');
const metrics = readFileSync(join(root, 'gateway/watch/metrics.ts'), 'utf8');

describe('the operations page', () => {
  it('names no metric that is not there', () => {
    const named = new Set([...page.matchAll(/manyi_[a-z_]+/g)].map(([name]) => name));
    expect(named.size).toBeGreaterThan(10);
    expect([...named].filter((name) => !metrics.includes(`'${name}'`))).toEqual([]);
  });

  it('leads to no file that is not there', () => {
    const files = [...page.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, file]) => file as string);
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter((file) => !existsSync(join(root, 'docs', file)))).toEqual([]);
  });

  it('says of each file of its folder what it is for', () => {
    const files = readdirSync(join(root, 'docs/operations'));
    expect(files.filter((file) => !page.includes(`operations/${file})`))).toEqual([]);
  });
});
